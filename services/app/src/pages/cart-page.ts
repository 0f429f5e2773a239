/** The cart: what is in it, and a form to order all of it. */
import { maxQuantity, type Cart, type CartItem } from '@roundtrip/contracts'
import { html, type Html } from './html.ts'
import { page, price } from './layout.ts'
import { linesTable } from './lines-table.ts'

export interface CartPageOptions {
  /** Sent with the form: the same form sent twice is one order. */
  readonly key: string
  /** The cart's tag: what is ordered is what this page shows, at its prices. */
  readonly seen: string
}

export const cartPage = (cart: Cart, options: CartPageOptions): string =>
  page({
    title: 'Your cart',
    body: html`<h1>Your cart</h1>
      ${cart.items.length === 0 ? html`<p>There is nothing in it. <a href="/">To the products</a></p>` : filled(cart, options)}`,
  })

const filled = ({ items, totalCents }: Cart, { key, seen }: CartPageOptions): Html =>
  html`${linesTable(items.map(row), totalCents)}
    <form method="post" action="/cart/checkout">
      <input type="hidden" name="key" value="${key}" />
      <input type="hidden" name="seen" value="${seen}" />
      <label>Name <input name="name" autocomplete="name" maxlength="120" required /></label>
      <label>Mail <input name="email" type="email" autocomplete="email" maxlength="254" required /></label>
      <button>Order</button>
    </form>`

const row = ({ productId, slug, name, quantity, unitPriceCents, available }: CartItem): Html =>
  html`<tr>
    <td>
      <a href="/products/${slug}">${name}</a>
      ${available ? undefined : html`<small>not that many in stock</small>`}
    </td>
    <td>
      <form method="post" action="/cart/items/${productId}">
        <input
          name="quantity"
          type="number"
          min="0"
          max="${maxQuantity}"
          value="${quantity}"
          required
          aria-label="Quantity of ${name}"
        />
        <button aria-label="Change the quantity of ${name}">Change</button>
      </form>
    </td>
    <td>${price(unitPriceCents)}</td>
  </tr>`
