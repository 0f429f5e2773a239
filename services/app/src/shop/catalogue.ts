/** Products as readers see them: from the cache, else from a node that has the latest change. */
import { cacheKey, type Cache, type CacheKey, type Loading, type Wanted } from '@roundtrip/cache'
import type { Product } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import type { Database, Lsn, Queryable } from '@roundtrip/postgres'
import { readFor } from '../http/read-for.ts'
import type { Visit } from '../http/visit.ts'
import { findProduct, listProducts, type ProductPage, type ProductSearch } from './products.ts'

export interface Catalogue {
  list(query: ProductSearch, visit: Visit): Promise<ProductPage>
  /** @throws RoundtripError `NOT_FOUND` */
  byId(id: number, visit: Visit): Promise<Product>
  /** @throws RoundtripError `NOT_FOUND` */
  bySlug(slug: string, visit: Visit): Promise<Product>
  /** To be called after the commit. @param lsn of the commit */
  changed(ids: readonly number[], lsn: Lsn): Promise<void>
}

type Work<T> = (queryable: Queryable) => Promise<T>

/** How long a change that was made past this code (by hand, by a script) may stay unseen. */
const ttlMs = 60_000
/** That there is no such product: short, for anybody can ask for any number of those. */
const negativeTtlMs = 5_000
/** Without a database a page of some minutes ago is better than none; what was changed since is not shown. */
const staleIfErrorMs = 300_000

/** Whatever shows more than one product, or finds one by something that can change hands. */
const anyProduct = 'products'
const oneProduct = (id: number): string => `product:${id}`

/** Of all that shows one of these products. */
export const tagsOf = (ids: readonly number[]): string[] => [anyProduct, ...ids.map(oneProduct)]

/** A class, as each object from a literal with a getter has a hidden class of its own: 20 µs of garbage collection a request. */
class WantedByVisit<T> implements Wanted<T> {
  readonly ttlMs = ttlMs
  readonly negativeTtlMs = negativeTtlMs
  readonly staleIfErrorMs = staleIfErrorMs
  readonly tags: readonly string[]
  readonly load: Wanted<T>['load']
  readonly deadlineMs: number
  readonly sharedOnly: boolean
  readonly #visit: Visit

  constructor(visit: Visit, tags: readonly string[], load: Wanted<T>['load']) {
    this.tags = tags
    this.load = load
    this.deadlineMs = visit.deadlineMs
    this.sharedOnly = visit.asksPastMemory
    this.#visit = visit
  }

  /** Made for those who have to wait: most find what they want in memory. */
  get signal(): AbortSignal {
    return this.#visit.signal
  }
}

/** @param onChange called after each change, when our own cache knows */
export const createCatalogue = (database: Database, cache: Cache, onChange: () => void = () => {}): Catalogue => {
  /** From the cache, whose loads are for all: of the state after the latest change that it has heard of. */
  const cached = async <T>(key: CacheKey<T>, tags: string[], visit: Visit, work: Work<T>): Promise<T> => {
    const load = ({ stamp }: Loading) => visit.timings.database(() => database.read({ session: stamp }, work))
    const wanted = new WantedByVisit(visit, tags, load)
    const { value } = await visit.timings.cache(() => cache.getOrLoad(key, wanted))
    return value
  }

  const uncached = <T>(visit: Visit, work: Work<T>): Promise<T> =>
    visit.timings.bypassed(() => readFor(visit, database, work, { audience: 'anybody' }))

  /**
   * Whoever has changed the catalogue within a minute is not served from the cache: it knows of an entry what it was to
   * show at least, not what it shows, and two instances that do not hear of each other's changes would show them older
   * than they have been seen.
   */
  const find = <T>(key: CacheKey<T>, tags: string[], visit: Visit, work: Work<T>): Promise<T> =>
    visit.sharedPosition === undefined ? cached(key, tags, visit, work) : uncached(visit, work)

  return {
    list: (query, visit) => {
      const work: Work<ProductPage> = (queryable) => listProducts(queryable, query)
      // Searches seldom repeat: they would only push out what is asked for often.
      if (query.q !== undefined) return uncached(visit, work)
      return find(cacheKey('list', query.limit, query.after), [anyProduct], visit, work)
    },
    byId: async (id, visit) =>
      existing(
        await find(cacheKey('product', id), [oneProduct(id)], visit, (queryable) => findProduct(queryable, { id })),
      ),
    bySlug: async (slug, visit) =>
      existing(
        await find(cacheKey('slug', slug), [anyProduct], visit, (queryable) => findProduct(queryable, { slug })),
      ),
    changed: async (ids, lsn) => {
      await cache.invalidate(tagsOf(ids), lsn)
      onChange()
    },
  }
}

const existing = (product: Product | null): Product => {
  if (product === null) throw new RoundtripError('NOT_FOUND', 'There is no such product.')
  return product
}
