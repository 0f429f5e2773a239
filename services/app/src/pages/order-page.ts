/** An order, for whoever knows its id. */
import type { Order } from '@roundtrip/contracts'
import { html } from './html.ts'
import { moment, page, price } from './layout.ts'

export const orderPage = ({ id, name, email, lines, totalCents, placedAt }: Order): string =>
  page({
    title: 'Your order',
    body: html`<h1>Thank you, ${name}</h1>
      <p>Order <code>${id}</code>, placed ${moment(placedAt)}. A confirmation goes to ${email}.</p>
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
      </table>`,
  })
