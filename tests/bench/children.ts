/** The processes of a benchmark: pinned to cores, and gone when it ends, however it ends. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

export interface ChildOptions {
  readonly cores: readonly number[]
  readonly environment?: Readonly<Record<string, string>>
  readonly stdio?: StdioOptions
}

const stopTimeoutMs = 3000

export class Children {
  /** For what they write; removed at the end. */
  readonly folder: string = mkdtempSync(join(tmpdir(), 'roundtrip-bench-'))
  readonly #running = new Set<ChildProcess>()
  #isStopping = false
  /** SIGTERM, as masters killed outright would leave their workers behind. */
  readonly #atExit = (): void => {
    for (const child of this.#running) child.kill('SIGTERM')
    rmSync(this.folder, { recursive: true, force: true })
  }
  readonly #interrupted = (): void => void this.stop().finally(() => process.exit(130))

  constructor() {
    process.once('exit', this.#atExit)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, this.#interrupted)
  }

  /** Starts a program on some cores; its children stay there too. */
  start(command: string, args: readonly string[], { cores, environment = {}, stdio }: ChildOptions): ChildProcess {
    if (this.#isStopping) throw new Error('the benchmark is being stopped')
    const child = spawn('taskset', ['-c', cores.join(','), command, ...args], {
      env: { PATH: process.env['PATH'], LANG: 'C', ...environment },
      stdio: stdio ?? ['ignore', 'ignore', 'inherit'],
    })
    this.#running.add(child)
    child.once('exit', () => this.#running.delete(child))
    return child
  }

  /** Runs a program to its end. @returns standard output @throws Error when it fails, with what it said */
  async run(command: string, args: readonly string[], options: ChildOptions, started?: (pid: number) => void) {
    const child = this.start(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    const { stdout, stderr, pid } = child
    if (stdout === null || stderr === null || pid === undefined) throw new Error(`${command} cannot be started`)
    started?.(pid)
    const exit = once(child, 'exit')
    const [said, complained, [status]] = await Promise.all([text(stdout), text(stderr), exit])
    if (status !== 0) throw new Error(`${command} failed (${status}): ${complained}${said}`)
    return said
  }

  /** The next message of a child with an IPC channel. @throws Error when it ends before */
  async message(child: ChildProcess): Promise<unknown> {
    const isOver = new AbortController()
    const { signal } = isOver
    const ended = once(child, 'exit', { signal }).then(([status]) => {
      throw new Error(`${child.spawnargs.slice(3).join(' ')} ended with ${status} before it said anything`)
    })
    try {
      const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as unknown[]
      return message
    } finally {
      ended.catch(() => undefined)
      isOver.abort()
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    const all = [...this.#running]
    const gone = all.map((child) => once(child, 'exit'))
    for (const child of all) child.kill('SIGTERM')
    const timer = setTimeout(() => all.forEach((child) => child.kill('SIGKILL')), stopTimeoutMs)
    await Promise.all(gone)
    clearTimeout(timer)
    this.#atExit()
    process.off('exit', this.#atExit)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, this.#interrupted)
  }
}
