/** Which file a path of the site is, remembered for a moment: most requests are for no file, and must not wait for the disk. */
import { realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { RoundtripError } from '@roundtrip/errors'
import type { Clock } from '@roundtrip/pipeline'
import { BoundedCache } from './bounded-cache.ts'
import { loadSiteFile, stampOf, weightOf, type SiteFile } from './site-file.ts'

/** `folder`: there is one with an index file, so the address wants a slash at its end. */
export type Found = SiteFile | 'folder' | undefined

export interface FileIndex {
  /** @param path as `sitePathOf` makes it */
  find(path: string): Promise<Found>
  /** Makes the next `find` look at the disk. */
  forget(path: string): void
}

export interface FileIndexOptions {
  /** The site's folder. */
  readonly root: string
  /** Most memory that files and their variants take. 64 MiB by default. */
  readonly maxBytes?: number
  /** How long an answer holds before the disk is asked again; a second by default. */
  readonly recheckMs?: number
  readonly clock?: Clock
}

interface Answer {
  readonly found: Found
  readonly checkedMs: number
}

const indexName = 'index.html'

/** @throws RoundtripError `SETTINGS_INVALID` when the root is no folder */
export const createFileIndex = async (options: FileIndexOptions): Promise<FileIndex> => {
  const { root, maxBytes = 64 * 1024 * 1024, recheckMs = 1000, clock = () => performance.now() } = options
  const realRoot = await rootFolder(root)
  const answers = new BoundedCache<Answer>(maxBytes)
  const underWay = new Map<string, Promise<Found>>()

  const check = async (path: string, before: Answer | undefined): Promise<Found> => {
    const checkedMs = clock()
    const found = await look(realRoot, path, before?.found)
    answers.set(path, { found, checkedMs }, typeof found === 'object' ? weightOf(found) : 256)
    return found
  }
  return {
    find: (path) => {
      const known = answers.get(path)
      if (known !== undefined && clock() - known.checkedMs < recheckMs) return Promise.resolve(known.found)
      const pending = underWay.get(path)
      if (pending !== undefined) return pending
      const checking = check(path, known).finally(() => underWay.delete(path))
      underWay.set(path, checking)
      return checking
    },
    forget: (path) => answers.delete(path),
  }
}

const rootFolder = async (root: string): Promise<string> => {
  const stats = await stat(root).catch(() => undefined)
  if (stats?.isDirectory() === true) return realpath(root)
  throw new RoundtripError('SETTINGS_INVALID', `WEB_ROOT=${JSON.stringify(root)} is not a folder that can be read.`)
}

/** Not there, not below a folder, not readable, a circle of links, a name too long for any file. */
const absences = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG'])

/** Whether an error of the file system says that there is no such file for us; the application may know the address. */
export const isAbsence = (error: unknown): boolean => absences.has((error as NodeJS.ErrnoException).code ?? '')

const look = async (root: string, path: string, before?: Found): Promise<Found> => {
  try {
    const name = path === '' || path.endsWith('/') ? `${path}${indexName}` : path
    const real = await realpath(join(root, name))
    // A symbolic link may lead elsewhere within the site, never out of it.
    if (!real.startsWith(root + sep)) return undefined
    const stats = await stat(real)
    if (stats.isDirectory()) return (await look(root, `${path}/`)) === undefined ? undefined : 'folder'
    if (!stats.isFile()) return undefined
    const isUnchanged = typeof before === 'object' && before.stamp === stampOf(stats)
    return isUnchanged ? before : await loadSiteFile(real, name)
  } catch (error) {
    // Anything else, such as too many open files, must not be remembered as "there is none".
    if (isAbsence(error)) return undefined
    throw error
  }
}
