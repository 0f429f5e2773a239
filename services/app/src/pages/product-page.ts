/** One product, with forms to put it into the cart and to order it at once. */
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
      ${product.stock === 0 ? undefined : forms(product, key)}
    </article>`,
  })

const forms = ({ id, stock }: Product, key: string): Html => {
  const most = Math.min(stock, maxQuantity)
  return html`<form method="post" action="/cart/items">
      <input type="hidden" name="productId" value="${id}" />
      <label>Quantity <input name="quantity" type="number" min="1" max="${most}" value="1" required /></label>
      <button>Put in cart</button>
    </form>
    <form method="post" action="/orders">
      <input type="hidden" name="key" value="${key}" />
      <input type="hidden" name="productId" value="${id}" />
      <label>Quantity <input name="quantity" type="number" min="1" max="${most}" value="1" required /></label>
      <label>Name <input name="name" autocomplete="name" maxlength="120" required /></label>
      <label>Mail <input name="email" type="email" autocomplete="email" maxlength="254" required /></label>
      <button>Order at once</button>
    </form>`
}
