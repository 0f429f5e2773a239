/** What clients asked and what they were told, in the order of asking: the one thing that the checker looks at. */

/** `unknown`: it may have happened, now or later: the answer did not come, or does not say. */
export type Outcome = 'ok' | 'failed' | 'unknown'

interface Common {
  /** Counts from 0 over all operations, in the order of asking. */
  readonly index: number
  /** A session asks one thing at a time; undefined is somebody without one, whom nobody has promised anything. */
  readonly session: string | undefined
  /** Since the run began. */
  readonly askedMs: number
  readonly answeredMs: number
  readonly outcome: Outcome
  /** Status and code of the answer, or what broke. */
  readonly told: string
}

export interface Line {
  readonly productId: number
  readonly quantity: number
}

/** One attempt to place an order; all attempts of one order have its key. */
export interface Ordering extends Common {
  readonly kind: 'order'
  readonly key: string
  readonly lines: readonly Line[]
  /** When ok. */
  readonly orderId?: string
}

/** Gives a product a text that nobody else gives it, if it still is in the version that the client knows. */
export interface Change extends Common {
  readonly kind: 'change'
  readonly productId: number
  readonly base: number
  readonly text: string
}

export interface OrderReading extends Common {
  readonly kind: 'read order'
  readonly via: 'api' | 'page'
  readonly orderId: string
  /** Of the order that has this id, as its placing was answered. */
  readonly key: string
  /** When ok. */
  readonly isFound?: boolean
}

/** Of a product, as much as the answer tells. */
export interface Seen {
  readonly version?: number
  readonly stock?: number
  readonly text?: string
}

export interface ProductReading extends Common {
  readonly kind: 'read product'
  readonly via: 'api' | 'list' | 'page'
  readonly productId: number
  /** When ok. */
  readonly seen?: Seen
}

/** A 200 with something else in it than what was asked for. */
export interface Garbled extends Common {
  readonly kind: 'garbled'
  readonly asked: string
  readonly answer: string
}

export type Operation = Ordering | Change | OrderReading | ProductReading | Garbled

type WithoutIndex<T> = T extends Operation ? Omit<T, 'index'> : never

/** A product whose text clients change, or whose stock they buy; never both, so that each version tells one story. */
export interface ProductState {
  readonly id: number
  readonly version: number
  readonly stock: number
  readonly text: string
}

export interface StoredOrder {
  readonly id: string
  readonly key: string
  readonly lines: readonly Line[]
}

export interface History {
  readonly operations: readonly Operation[]
  readonly before: readonly ProductState[]
  /** What the primary has when everything is over. */
  readonly after: { readonly products: readonly ProductState[]; readonly orders: readonly StoredOrder[] }
}

/** Collects operations: each gets its index when it is asked, and its place when it is answered. */
export class Recorder {
  readonly operations: Operation[] = []
  #next = 0

  /** @returns how to tell the answer */
  ask(): (operation: WithoutIndex<Operation>) => Operation {
    const index = this.#next++
    return (operation) => {
      const recorded = { ...operation, index } as Operation
      this.operations.push(recorded)
      return recorded
    }
  }

  /** In the order of asking. */
  inOrder(): Operation[] {
    return this.operations.toSorted((a, b) => a.index - b.index)
  }
}
