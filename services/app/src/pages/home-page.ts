/** The front page: products, page by page. */
import type { ProductList } from '@roundtrip/contracts'
import { html } from './html.ts'
import { page, price } from './layout.ts'

export const homePage = ({ products, nextCursor }: ProductList, publicOrigin: string): string =>
  page({
    title: 'Products',
    canonical: `${publicOrigin}/`,
    body: html`<h1>Products</h1>
      <ul class="products">
        ${products.map(
          ({ slug, name, priceCents, stock }) =>
            html`<li>
              <a href="/products/${slug}">${name}</a>
              ${price(priceCents)}
              <small>${stock === 0 ? 'sold out' : 'in stock'}</small>
            </li>`,
        )}
      </ul>
      ${nextCursor === undefined ? undefined : html`<nav><a rel="next" href="/?cursor=${nextCursor}">More products</a></nav>`}`,
  })
