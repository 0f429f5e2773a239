/** Cache-Status for what failed behind the cache, and became an answer above it (RFC 9211 §2). */
import type { HttpContext, HttpResponse } from '@roundtrip/http'
import { defaultCacheName } from './cache.ts'
import { failureStatus } from './cache-status.ts'

/** For `errorResponse`. @param name as `cache` has it */
export const cacheStatusOfFailure =
  (name = defaultCacheName) =>
  ({ fields }: HttpResponse, { facts }: HttpContext): void => {
    const status = failureStatus(name, facts)
    if (status !== undefined) fields.append('cache-status', status)
  }
