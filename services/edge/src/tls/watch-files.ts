/** Notices that files have changed, however they are replaced: written to, renamed over, or behind a link that is switched. */
import { statSync, watch, type FSWatcher } from 'node:fs'
import { dirname } from 'node:path'

export interface WatchFilesOptions {
  readonly files: readonly string[]
  readonly onChange: () => void
  /** How long the files must have stayed as they are, so that a pair is whole. 200 by default. */
  readonly settleMs?: number
  /** Of the files when they were read; of now by default. */
  readonly known?: string | undefined
  /** How often they are looked at without any sign: network file systems give none. 10,000 by default. */
  readonly pollMs?: number
}

/** Calls back when modification time, size or inode of any of the files is another one. @returns how to stop */
export const watchFiles = (options: WatchFilesOptions): (() => void) => {
  const { files, onChange, settleMs = 200, pollMs = 10_000 } = options
  let { known = signatureOf(files) } = options
  let seen = known
  let settling: NodeJS.Timeout | undefined
  const settle = (): void => void (settling = setTimeout(look, settleMs).unref())
  const look = (): void => {
    settling = undefined
    const now = signatureOf(files)
    if (now === known) return
    if (now !== seen) {
      // Changed once more meanwhile: whoever writes them may be in the middle of it.
      seen = now
      settle()
      return
    }
    known = now
    onChange()
  }
  const sign = (): void => {
    if (settling !== undefined) return
    seen = signatureOf(files)
    settle()
  }
  // Folders, not files: a watch on a file goes with the file that is replaced.
  const watchers = [...new Set(files.map(dirname))].flatMap((folder) => watchFolder(folder, sign))
  const poll = setInterval(() => {
    if (signatureOf(files) !== known) sign()
  }, pollMs).unref()
  if (signatureOf(files) !== known) sign()
  return () => {
    for (const watcher of watchers) watcher.close()
    clearInterval(poll)
    clearTimeout(settling)
  }
}

/** Where watching is not possible, looking from time to time has to do. */
const watchFolder = (folder: string, sign: () => void): FSWatcher[] => {
  try {
    return [watch(folder, { persistent: false }, sign).on('error', () => undefined)]
  } catch {
    return []
  }
}

/** Modification times, sizes and inodes, in one text. */
export const signatureOf = (files: readonly string[]): string => files.map(signatureOfFile).join(' ')

const signatureOfFile = (file: string): string => {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat === undefined ? 'none' : `${stat.mtimeMs}/${stat.size}/${stat.ino}`
}
