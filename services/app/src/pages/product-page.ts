/** One product, with a form to order it. */
import { maxQuantity, type Product } from '@roundtrip/contracts'
import { html, type Html } from './html.ts'
import { page, price } from './layout.ts'

export interface ProductPageOptions {
  readonly publicOrigin: string
  /** Sent with the form: the same form sent twice is one order. */
  readonly key: string
}

export const productPage = (product: Product, { publicOrigin, key }: ProductPageOptions): string =>
  page({
    title: product.name,
    canonical: `${publicOrigin}/products/${product.slug}`,
    body: html`<article>
      <h1>${product.name}</h1>
      <p>${product.description}</p>
      <p>${price(product.priceCents)} · ${product.stock === 0 ? 'sold out' : 'in stock'}</p>
      ${product.stock === 0 ? undefined : orderForm(product, key)}
    </article>`,
  })

const orderForm = ({ id, stock }: Product, key: string): Html =>
  html`<form method="post" action="/orders">
    <input type="hidden" name="key" value="${key}" />
    <input type="hidden" name="productId" value="${id}" />
    <label
      >Quantity
      <input name="quantity" type="number" min="1" max="${Math.min(stock, maxQuantity)}" value="1" required />
    </label>
    <label>Name <input name="name" autocomplete="name" maxlength="120" required /></label>
    <label>Mail <input name="email" type="email" autocomplete="email" maxlength="254" required /></label>
    <button>Order</button>
  </form>`
