/** An order, with a button to cancel it. */
import type { Order } from '@roundtrip/contracts'
import { html, type Html } from './html.ts'
import { moment, page, price } from './layout.ts'

export const orderPage = ({ id, name, email, status, lines, totalCents, placedAt }: Order): string =>
  page({
    title: 'Your order',
    body: html`<h1>${status === 'cancelled' ? 'Order cancelled' : html`Thank you, ${name}`}</h1>
      <p>
        Order <code>${id}</code>, placed ${moment(placedAt)}.
        ${status === 'cancelled' ? 'It will not be delivered.' : `A confirmation goes to ${email}.`}
      </p>
      <table>
        <thead>
          <tr>
            <th>Product</th>
            <th>Quantity</th>
            <th>Each</th>
          </tr>
        </thead>
        <tbody>
          ${lines.map(
            (line) =>
              html`<tr>
                <td>${line.name}</td>
                <td>${line.quantity}</td>
                <td>${price(line.unitPriceCents)}</td>
              </tr>`,
          )}
        </tbody>
        <tfoot>
          <tr>
            <th colspan="2">Total</th>
            <td>${price(totalCents)}</td>
          </tr>
        </tfoot>
      </table>
      ${status === 'cancelled' ? undefined : cancellation(id)}`,
  })

const cancellation = (id: string): Html =>
  html`<form method="post" action="/orders/${id}/cancellation"><button>Cancel the order</button></form>`
