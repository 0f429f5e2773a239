/** Paths that tiers answer for each other only, such as health checks, do not exist for clients. */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpLayer } from '@roundtrip/http'

/** The path as the most lenient next hop might read it: dots resolved, escapes undone, slashes merged, case ignored. */
const lenientPath = (target: string): string | undefined => {
  try {
    const { pathname } = new URL(`http://host${target}`)
    return new URL(`http://host${decodeURIComponent(pathname)}`).pathname.replaceAll(/\/{2,}/g, '/').toLowerCase()
  } catch {
    return undefined
  }
}

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

/** @param folders such as `/health`; each hides what is below it too */
export const privatePaths =
  (folders: readonly string[]): HttpLayer =>
  (next) =>
  async (request, context) => {
    const path = lenientPath(request.target)
    if (path !== undefined && folders.some((folder) => isBelow(path, folder))) throw new RoundtripError('NOT_FOUND')
    return next(request, context)
  }
