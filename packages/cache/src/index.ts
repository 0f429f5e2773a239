/** @packageDocumentation Cache-aside over memory and Redis: no stampede, no older value after an invalidation. */
export { createCache } from './cache-aside.ts'
export { cacheKey, type CacheKey } from './cache-key.ts'
export type { Cache, CacheOptions, Loading, Outcome, Wanted } from './cache.ts'
export type { CacheReport } from './stats.ts'
