/** The transaction that an async context is in, so that a read within a write sees the write. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Queryable } from './queryable.ts'

export interface OpenTransaction {
  readonly queryable: Queryable
  readonly node: string
}

export class TransactionContext {
  readonly #storage = new AsyncLocalStorage<OpenTransaction & { isOpen: boolean }>()

  /** Undefined outside of a transaction, and once it has ended: work may outlive it. */
  get current(): OpenTransaction | undefined {
    const transaction = this.#storage.getStore()
    return transaction?.isOpen === true ? transaction : undefined
  }

  async run<T>(transaction: OpenTransaction, work: () => Promise<T>): Promise<T> {
    const open = { ...transaction, isOpen: true }
    try {
      return await this.#storage.run(open, work)
    } finally {
      open.isOpen = false
    }
  }
}
