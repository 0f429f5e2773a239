/** Which changes of the settings file wait for the next start or recycle: those to what stores, sockets and servers were made with. */
import { isDeepStrictEqual } from 'node:util'
import { busyTimeoutMsOf } from '../settings/busy-timeout.ts'
import type { EdgeFile } from '../settings/edge-file.ts'

const fixedParts = ['cache', 'tls', 'rateLimiter', 'compression', 'loadShed'] as const
const fixedLimits = ['connections', 'http1', 'http2'] as const

/**
 * @param made the file that this process was started with: what was to wait before still waits
 * @returns paths such as `limits.http1`
 */
export const laterParts = (made: EdgeFile, wanted: EdgeFile): string[] => {
  const parts: string[] = fixedParts.filter((part) => !isDeepStrictEqual(wanted[part], made[part]))
  for (const limit of fixedLimits) {
    const isOther = !isDeepStrictEqual(wanted.limits[limit], made.limits[limit])
    // Pools that may take longer now, behind connections that do not wait as long.
    const isCut = limit === 'http1' && busyTimeoutMsOf(wanted) > busyTimeoutMsOf(made)
    if (isOther || isCut) parts.push(`limits.${limit}`)
  }
  return parts
}
