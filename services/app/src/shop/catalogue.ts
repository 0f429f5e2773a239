/** Products as readers see them: from the cache, else from a node that has the latest change. */
import { cacheKey, type Cache, type CacheKey, type Loading, type Wanted } from '@roundtrip/cache'
import type { Product, ProductList, ProductQuery } from '@roundtrip/contracts'
import { RoundtripError } from '@roundtrip/errors'
import type { Database, Lsn, Queryable } from '@roundtrip/postgres'
import type { Timings } from '../http/timings.ts'
import { findProduct, listProducts } from './products.ts'

export interface Catalogue {
  list(query: ProductQuery, timings: Timings): Promise<ProductList>
  /** @throws RoundtripError `NOT_FOUND` */
  byId(id: number, timings: Timings): Promise<Product>
  /** @throws RoundtripError `NOT_FOUND` */
  bySlug(slug: string, timings: Timings): Promise<Product>
  /** To be called after the commit. @param lsn of the commit */
  changed(ids: readonly number[], lsn: Lsn): Promise<void>
}

/** How long a change that was made past this code (by hand, by a script) may stay unseen. */
const ttlMs = 60_000
/** That there is no such product: short, for anybody can ask for any number of those. */
const negativeTtlMs = 5_000
/** Without a database a page of some minutes ago is better than none; what was changed since is not shown. */
const staleIfErrorMs = 300_000

/** Whatever shows more than one product, or finds one by something that can change hands. */
const anyProduct = 'products'
const oneProduct = (id: number): string => `product:${id}`

export const createCatalogue = (database: Database, cache: Cache): Catalogue => {
  const reader =
    <T>(timings: Timings, work: (queryable: Queryable) => Promise<T>) =>
    ({ stamp }: Loading): Promise<T> =>
      timings.database(() => database.read({ session: stamp }, work))

  const cached = async <T>(key: CacheKey<T>, tags: string[], timings: Timings, load: Wanted<T>['load']): Promise<T> => {
    const wanted = { ttlMs, negativeTtlMs, staleIfErrorMs, tags, load }
    const { value } = await timings.cache(() => cache.getOrLoad(key, wanted))
    return value
  }

  return {
    list: (query, timings) => {
      const load = reader(timings, (queryable) => listProducts(queryable, query))
      // Searches seldom repeat: they would only push out what is asked for often.
      if (query.q !== undefined) return timings.bypassed(() => load({ stamp: undefined }))
      return cached(cacheKey('list', query.limit, query.cursor ?? ''), [anyProduct], timings, load)
    },
    byId: async (id, timings) => {
      const load = reader(timings, (queryable) => findProduct(queryable, { id }))
      return existing(await cached(cacheKey('product', id), [oneProduct(id)], timings, load))
    },
    bySlug: async (slug, timings) => {
      const load = reader(timings, (queryable) => findProduct(queryable, { slug }))
      return existing(await cached(cacheKey('slug', slug), [anyProduct], timings, load))
    },
    changed: (ids, lsn) => cache.invalidate([anyProduct, ...ids.map(oneProduct)], lsn),
  }
}

const existing = (product: Product | null): Product => {
  if (product === null) throw new RoundtripError('NOT_FOUND', 'There is no such product.')
  return product
}
