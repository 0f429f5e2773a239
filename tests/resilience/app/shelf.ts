/** The goods of a run, put on the shelf past the shop, and what is there when the run is over. */
import { query } from '../../helpers/sql.ts'
import type { History, Line, ProductState, StoredOrder } from './history.ts'

/** As somebody who may do everything in the shop's database. */
export interface DatabaseAccess {
  readonly url: string
  readonly password: string
}

export interface Goods extends ProductState {
  readonly slug: string
}

export interface Shelf {
  /** Bought and never changed: one that is sold out soon, one that never is. */
  readonly bought: readonly Goods[]
  /** Changed and never bought. */
  readonly changed: readonly Goods[]
}

/** What a text of ours looks like, wherever it stands. */
export const textPattern = /w-[a-z0-9]+(?:-[a-z0-9]+)*/

const fill = async ({ url, password }: DatabaseAccess, name: string, stock: number): Promise<Goods> => {
  const [row] = await query(
    url,
    password,
    `insert into products (slug, name, description, price_cents, stock)
     values ('${name}', '${name}', 'w-first-${name}', 100, ${stock})
     returning id, slug, version, stock, description as text`,
  )
  return row as unknown as Goods
}

/** @param scarce pieces of what is to be sold out */
export const fillShelf = async (access: DatabaseAccess, scarce: number): Promise<Shelf> => ({
  bought: [
    await fill(access, 'scarce', scarce),
    await fill(access, 'plenty', 1_000_000),
    await fill(access, 'heaps', 1_000_000),
  ],
  changed: [await fill(access, 'chameleon', 5), await fill(access, 'weathercock', 5)],
})

export const goodsOn = ({ bought, changed }: Shelf): Goods[] => [...bought, ...changed]

/** Orders under their keys, which stand in their names. */
export const lookBack = async ({ url, password }: DatabaseAccess): Promise<History['after']> => {
  const products = await query(url, password, 'select id, version, stock, description as text from products')
  const orders = await query(
    url,
    password,
    `select orders.id, orders.name as key,
       json_agg(json_build_object('productId', product_id, 'quantity', quantity)) as lines
     from orders join order_lines on order_id = orders.id group by orders.id`,
  )
  return {
    products: products as unknown as ProductState[],
    orders: orders as unknown as (StoredOrder & { lines: Line[] })[],
  }
}
