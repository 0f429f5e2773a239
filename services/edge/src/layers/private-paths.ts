/** Paths that tiers answer for each other only, such as health checks, do not exist for clients. */
import { unescaped, withoutParameters } from '../routing/canonical-path.ts'
import { isUnambiguous, pathOf } from './path-policy.ts'

/** The path as the most lenient next hop might read it: dots resolved, escapes undone, parameters left out, slashes merged, case ignored. */
const lenientPath = (target: string): string | undefined => {
  try {
    const { pathname } = new URL(`http://host${target}`)
    return new URL(`http://host${withoutParameters(unescaped(pathname))}`).pathname
      .replaceAll(/\/{2,}/g, '/')
      .toLowerCase()
  } catch {
    return undefined
  }
}

const isBelow = (path: string, folder: string): boolean =>
  path.startsWith(folder) && (path.length === folder.length || path[folder.length] === '/')

/** @param folders in lower case, such as `/health`; each hides what is below it too */
export const isPrivate = (target: string, folders: readonly string[]): boolean => {
  const path = pathOf(target)
  const meant = isUnambiguous(path) && !path.includes(';') ? path.toLowerCase() : lenientPath(target)
  return meant !== undefined && folders.some((folder) => isBelow(meant, folder))
}
