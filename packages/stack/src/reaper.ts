/** Holds the line to the reaper, the small process that stops everything when this one is gone. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
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

/** Starts a reaper, and another one should it die. */
export const startReaper = (): Reaper => {
  const watched = new Map<number, string>()
  let folder: string | undefined
  let closed = false

  const launch = (): ChildProcess => {
    // A session of its own: no signal to the launcher's process group, such as Ctrl-C, reaches it.
    const child = spawn('/bin/sh', [join(import.meta.dirname, 'reaper.sh')], {
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
  const tell = (line: string): void => void current.stdin?.write(line)

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
      tell(`d ${path}\n`)
    },
    async close() {
      closed = true
      const gone = once(current, 'exit')
      current.stdin?.end()
      await gone
    },
  }
}
