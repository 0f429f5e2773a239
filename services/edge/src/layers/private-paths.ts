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

/** A path that every reader takes for the same: parsing it would only cost. */
const isPlain = (path: string): boolean =>
  !path.includes('%') && !path.includes('/.') && !path.includes('//') && !path.includes('\\')

const pathOf = (target: string): string | undefined => {
  const query = target.indexOf('?')
  const path = query === -1 ? target : target.slice(0, query)
  return isPlain(path) ? path.toLowerCase() : lenientPath(target)
}

const isBelow = (path: string, folder: string): boolean =>
  path.startsWith(folder) && (path.length === folder.length || path[folder.length] === '/')

/** @param folders in lower case, such as `/health`; each hides what is below it too */
export const isPrivate = (target: string, folders: readonly string[]): boolean => {
  if (folders.length === 0) return false
  const path = pathOf(target)
  return path !== undefined && folders.some((folder) => isBelow(path, folder))
}

export const privatePaths =
  (folders: readonly string[]): HttpLayer =>
  (next) =>
  async (request, context) => {
    if (isPrivate(request.target, folders)) throw new RoundtripError('NOT_FOUND')
    return next(request, context)
  }
