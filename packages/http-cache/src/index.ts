/** @packageDocumentation A shared HTTP cache (RFC 9111): policy, freshness, validation, store. */
export { cache, type CacheOptions } from './cache.ts'
export { keyBy, type KeyOf, type KeyRules } from './cache-key.ts'
export { cacheStatusOfFailure } from './cache-status.ts'
export { collapse } from './collapse.ts'
export { conditionalRange } from './conditional-range.ts'
export { explain, type Explanation, type StoredFacts } from './explain.ts'
export { purge, type PurgeOptions } from './purge.ts'
export {
  cacheSettings,
  cacheStoreSettings,
  defaultCacheSettings,
  type CacheSettings,
  type CacheStoreSettings,
} from './settings.ts'
export { CacheStore, largestObjectBytes, type CacheStoreOptions } from './store/cache-store.ts'
export type { DiskOptions } from './store/disk-level.ts'
export type { PurgeBus, PurgeCommand } from './store/purge.ts'
export type { MissReason, MissRecord, StoreStats } from './store/store-stats.ts'
