/** Where changes of products go: first to our own cache, then to the log of purges that every edge follows. */
import { randomUUID } from 'node:crypto'
import type { Cache } from '@roundtrip/cache'
import { purgeKeys, type PurgeNote } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import { currentPosition } from '@roundtrip/postgres'
import { tagsOf } from '../shop/catalogue.ts'
import type { Destination } from './relay.ts'

/** As a trigger of the table writes it. */
interface ProductChanges {
  readonly ids: readonly number[]
  /** Whether lists may have gained or lost one. */
  readonly regroups: boolean
}

/** Appends to the log. @throws RoundtripError `CACHE_UNAVAILABLE` when it is not certain that the log has it */
export type AppendPurge = (note: PurgeNote) => Promise<void>

export interface ProductChangesOptions {
  readonly cache: Pick<Cache, 'invalidate'>
  /** Undefined where no edge is to be told. */
  readonly append: AppendPurge | undefined
}

export const productChanges = ({ cache, append }: ProductChangesOptions): Destination => {
  const from = randomUUID()
  let sequence = 0
  return {
    name: 'purge',
    publish: async (rows, transaction) => {
      const changes = rows.map(({ payload }) => payload as ProductChanges)
      const ids = [...new Set(changes.flatMap((change) => change.ids))]
      // An edge that hears of it asks again at once: by then the cache must know what it may not answer with.
      const isTold = await cache.invalidate(tagsOf(ids), await currentPosition(transaction))
      const surrogateKeys = ids.map(purgeKeys.product)
      if (changes.some(({ regroups }) => regroups)) surrogateKeys.push(purgeKeys.lists)
      await append?.({ from, sequence: ++sequence, command: { surrogateKeys } })
      // Until then an edge may get, and keep, what was before: it is told again.
      if (!isTold) throw new RoundtripError('CACHE_UNAVAILABLE')
    },
  }
}
