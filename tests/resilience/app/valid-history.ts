/** Histories in which every promise is kept, made from arbitrary steps: what the checker must have nothing to say about. */
import type { History, Line, Operation, Outcome, ProductState, Seen, StoredOrder } from './history.ts'

/** What becomes of a write: `late` is one whose client heard nothing, and which happened all the same. */
export type Fate = 'ok' | 'failed' | 'unknown' | 'late' | 'retried'

export interface Step {
  readonly action: 'order' | 'change' | 'read product' | 'read order'
  readonly session: number
  readonly product: number
  /** How far behind the present a read may be, and how much is ordered. */
  readonly amount: number
  readonly fate: Fate
}

/** The first two products are bought, the other two changed. */
export const productIds = [1, 2, 3, 4] as const
const isBought = (productId: number): boolean => productId <= 2

const initial: readonly ProductState[] = productIds.map((id) => ({
  id,
  version: 1,
  stock: 1000,
  text: `first of ${id}`,
}))

/** A shop without faults of its own: one step after the other, reads as old as their session allows. */
class Shop {
  readonly operations: Operation[] = []
  readonly orders: StoredOrder[] = []
  readonly #states = new Map(initial.map((state) => [state.id, [state]]))
  readonly #floors = new Map<string, number>()
  readonly #placed: { session: string; id: string; key: string }[] = []

  take({ action, session, product, amount, fate }: Step): void {
    const name = `session-${session}`
    const productId = productIds[product % productIds.length] ?? 1
    if (action === 'order') this.#order(name, isBought(productId) ? productId : 1, 1 + (amount % 3), fate)
    else if (action === 'change') this.#change(name, isBought(productId) ? 3 : productId, fate)
    else if (action === 'read product') this.#readProduct(name, productId, amount)
    else this.#readOrder(name)
  }

  get products(): ProductState[] {
    return productIds.map((id) => this.#now(id))
  }

  #now(productId: number): ProductState {
    const state = this.#states.get(productId)?.at(-1)
    if (state === undefined) throw new Error(`no product ${productId}`)
    return state
  }

  #next(productId: number, change: Partial<ProductState>): void {
    const now = this.#now(productId)
    this.#states.get(productId)?.push({ ...now, ...change, version: now.version + 1 })
  }

  #common(session: string, outcome: Outcome) {
    const index = this.operations.length
    return { index, session, askedMs: index, answeredMs: index + 1, outcome, told: outcome }
  }

  #see(session: string, productId: number): void {
    this.#floors.set(`${session} ${productId}`, this.#now(productId).version)
  }

  #order(session: string, productId: number, quantity: number, fate: Fate): void {
    const lines: Line[] = [{ productId, quantity }]
    const key = `key-${this.operations.length}`
    const id = `order-${this.operations.length}`
    const tell = (outcome: Outcome): void => {
      const ordering = { ...this.#common(session, outcome), kind: 'order' as const, key, lines }
      this.operations.push(outcome === 'ok' ? { ...ordering, orderId: id } : ordering)
    }
    if (fate === 'ok' || fate === 'late' || fate === 'retried') {
      this.orders.push({ id, key, lines })
      this.#next(productId, { stock: this.#now(productId).stock - quantity })
    }
    if (fate === 'retried') tell('unknown')
    tell(fate === 'late' ? 'unknown' : fate === 'retried' ? 'ok' : fate)
    if (fate !== 'ok' && fate !== 'retried') return
    this.#placed.push({ session, id, key })
    this.#see(session, productId)
  }

  #change(session: string, productId: number, fate: Fate): void {
    const text = `text ${this.operations.length}`
    const { version: base } = this.#now(productId)
    const isOk = fate === 'ok' || fate === 'retried'
    if (isOk || fate === 'late') this.#next(productId, { text })
    const outcome = isOk ? 'ok' : fate === 'late' ? 'unknown' : fate
    this.operations.push({ ...this.#common(session, outcome), kind: 'change', productId, base, text })
    if (isOk) this.#see(session, productId)
  }

  #readProduct(session: string, productId: number, behind: number): void {
    const name = `${session} ${productId}`
    const { version: now } = this.#now(productId)
    const version = Math.max(this.#floors.get(name) ?? 1, now - behind)
    this.#floors.set(name, version)
    const state = this.#states.get(productId)?.[version - 1]
    if (state === undefined) throw new Error('no such version')
    const { stock, text } = state
    const isPage = !isBought(productId) && behind % 2 === 1
    const seen: Seen = isPage ? { text } : { version, stock, text }
    const via = isPage ? 'page' : 'api'
    this.operations.push({ ...this.#common(session, 'ok'), kind: 'read product', via, productId, seen })
  }

  #readOrder(session: string): void {
    const own = this.#placed.findLast((placed) => placed.session === session)
    if (own === undefined) return
    const { id: orderId, key } = own
    this.operations.push({
      ...this.#common(session, 'ok'),
      kind: 'read order',
      via: 'api',
      orderId,
      key,
      isFound: true,
    })
  }
}

export const validHistory = (steps: readonly Step[]): History => {
  const shop = new Shop()
  for (const step of steps) shop.take(step)
  return { operations: shop.operations, before: initial, after: { products: shop.products, orders: shop.orders } }
}
