/** The orders of who has signed in, the latest first. */
import type { OrderSummary } from '@roundtrip/contracts'
import { html, type Html } from './html.ts'
import { moment, page, price } from './layout.ts'

export interface OrdersPage {
  readonly orders: readonly OrderSummary[]
  readonly nextCursor?: string
}

export const ordersPage = ({ orders, nextCursor }: OrdersPage): string =>
  page({
    title: 'Your orders',
    body: html`<h1>Your orders</h1>
      ${orders.length === 0 ? html`<p>There are none. <a href="/">To the products</a></p>` : list(orders)}
      ${nextCursor === undefined ? undefined : html`<nav><a rel="next" href="/orders?cursor=${nextCursor}">Older orders</a></nav>`}`,
  })

const list = (orders: readonly OrderSummary[]): Html =>
  html`<table>
    <thead>
      <tr>
        <th>Placed</th>
        <th></th>
        <th>Total</th>
      </tr>
    </thead>
    <tbody>
      ${orders.map(
        ({ id, status, totalCents, placedAt }) =>
          html`<tr>
            <td><a href="/orders/${id}">${moment(placedAt)}</a></td>
            <td>${status === 'cancelled' ? 'cancelled' : undefined}</td>
            <td>${price(totalCents)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
