/** An order, with a button to cancel it. */
import type { Order, OrderLine } from '@roundtrip/contracts'
import { html, type Html } from './html.ts'
import { moment, page, price } from './layout.ts'
import { linesTable } from './lines-table.ts'

export const orderPage = ({ id, name, email, status, lines, totalCents, placedAt }: Order): string =>
  page({
    title: 'Your order',
    body: html`<h1>${status === 'cancelled' ? 'Order cancelled' : html`Thank you, ${name}`}</h1>
      <p>
        Order <code>${id}</code>, placed ${moment(placedAt)}.
        ${status === 'cancelled' ? 'It will not be delivered.' : `A confirmation goes to ${email}.`}
      </p>
      ${linesTable(lines.map(row), totalCents)} ${status === 'cancelled' ? undefined : cancellation(id)}`,
  })

const row = ({ name, quantity, unitPriceCents }: OrderLine): Html =>
  html`<tr>
    <td>${name}</td>
    <td>${quantity}</td>
    <td>${price(unitPriceCents)}</td>
  </tr>`

const cancellation = (id: string): Html =>
  html`<form method="post" action="/orders/${id}/cancellation"><button>Cancel the order</button></form>`
