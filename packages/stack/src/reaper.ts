/** Holds the line to the reaper, the small process that stops everything when this one is gone. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startTokenOf } from './process-table.ts'

export interface Reaper {
  readonly pid: number | undefined
  /** From now on this process is stopped by `signal` (killed after 5 s) when the launcher goes away. */
  watch(pid: number, signal: NodeJS.Signals): void
  forget(pid: number): void
  /** Removes this folder as well when the launcher goes away. */
  removeFolder(folder: string): void
  /** Lets the reaper go. Forget every process first: what is still watched gets stopped. */
  close(): Promise<void>
}

const script = join(import.meta.dirname, 'reaper.sh')

/**
 * Stops what a former launcher left running, when its reaper was killed as well or is still at it. Resolves when nothing
 * of it runs any more.
 *
 * @param file as given to `startReaper` by that launcher
 */
export const reapOrphans = async (file: string): Promise<void> => {
  const lines = readIfThere(file)
  if (lines === '') return
  const child = spawn('/bin/sh', [script], { cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] })
  child.stdin.end(lines)
  await once(child, 'exit')
  rmSync(file, { force: true })
}

const readIfThere = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/**
 * Starts a reaper, and another one should it die.
 *
 * @param file keeps what is watched, for `reapOrphans` of the next launcher
 */
export const startReaper = (file: string): Reaper => {
  const watched = new Map<number, string>()
  let folder: string | undefined
  let closed = false

  const launch = (): ChildProcess => {
    // A session of its own: no signal to the launcher's process group, such as Ctrl-C, reaches it.
    const child = spawn('/bin/sh', [script], {
      detached: true,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    // A reaper that died takes no more lines; its successor gets them all.
    child.stdin?.on('error', () => {})
    child.once('exit', () => {
      if (!closed) current = launch()
    })
    if (folder !== undefined) child.stdin?.write(`d ${folder}\n`)
    for (const line of watched.values()) child.stdin?.write(line)
    return child
  }
  let current = launch()
  const tell = (line: string): void => {
    current.stdin?.write(line)
    writeFileSync(file, [...watched.values()].join(''))
  }

  return {
    get pid() {
      return current.pid
    },
    watch(pid, signal) {
      const token = startTokenOf(pid)
      if (token === undefined) return
      const line = `+ ${pid} ${token} ${signal.replace(/^SIG/, '')}\n`
      watched.set(pid, line)
      tell(line)
    },
    forget(pid) {
      if (watched.delete(pid)) tell(`- ${pid}\n`)
    },
    removeFolder(path) {
      folder = path
      current.stdin?.write(`d ${path}\n`)
    },
    async close() {
      closed = true
      const gone = once(current, 'exit')
      current.stdin?.end()
      await gone
      rmSync(file, { force: true })
    },
  }
}
