/** @packageDocumentation Cache-aside over Redis. */
export { createCache, type Cache, type CacheOptions, type Loading, type Outcome, type Wanted } from './cache.ts'
