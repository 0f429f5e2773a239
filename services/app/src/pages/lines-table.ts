/** What is in a cart or an order: lines with their prices, and the total. */
import { html, type Html } from './html.ts'
import { price } from './layout.ts'

/** @param rows each with three cells: product, quantity, price of one */
export const linesTable = (rows: readonly Html[], totalCents: number): Html =>
  html`<table>
    <thead>
      <tr>
        <th>Product</th>
        <th>Quantity</th>
        <th>Each</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
    <tfoot>
      <tr>
        <th colspan="2">Total</th>
        <td>${price(totalCents)}</td>
      </tr>
    </tfoot>
  </table>`
