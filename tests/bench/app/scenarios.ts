/** What is asked of every contestant. */
import { coldFrom, coldProducts, orderedProducts, warmProducts, type DataTier } from './data-tier.ts'

export interface Scenario {
  readonly name: 'cached' | 'uncached' | 'order'
  readonly description: string
  /** What one of several clients asks (see `questions.ts`). */
  readonly questions: (client: number, clients: number) => string
  /** Before each measurement: an answer that is not to come from a cache must not be in one. */
  readonly prepare: (data: DataTier) => Promise<void>
  /** Of the database: what grows with each answer that does not come from a cache. */
  readonly asked: (data: DataTier) => Promise<number>
  /** Least and most that `asked` may grow by, for each answer. */
  readonly share: readonly [least: number, most: number]
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'cached',
    description: `GET /api/products/{id}, ${warmProducts} products, all in the cache`,
    questions: () => `products:1:${warmProducts}`,
    prepare: async () => undefined,
    asked: (data) => data.productLookups(),
    share: [0, 0.05],
  },
  {
    name: 'uncached',
    description: 'GET /api/products/{id}, each product once',
    questions: (client, clients) => {
      const each = Math.floor(coldProducts / clients)
      return `products:${coldFrom + client * each}:${each}`
    },
    prepare: (data) => data.forget(),
    asked: (data) => data.productLookups(),
    share: [0.5, 3],
  },
  {
    name: 'order',
    description: 'POST /api/orders, one piece each, every order under a key of its own',
    questions: () => `orders:${orderedProducts}`,
    prepare: async () => undefined,
    asked: (data) => data.orders(),
    share: [1, 1],
  },
]
