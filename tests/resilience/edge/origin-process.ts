/** A next hop as its own process: can be told, paused, killed and started again at the same port. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** How it answers; `garbage` is no HTTP, `half` ends in the middle of the content. */
export type OriginMode = 'well' | 'slow' | 'garbage' | 'half' | 'reset'

export interface OriginOrder {
  readonly mode: OriginMode
}

const program = `${import.meta.dirname}/origin.main.ts`

export class OriginProcess {
  #child: ChildProcess
  readonly #port: number

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.#port = port
  }

  static async start(): Promise<OriginProcess> {
    const child = fork(program, ['0'])
    const [port] = (await once(child, 'message')) as [number]
    return new OriginProcess(child, port)
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Resolves when it has understood. */
  async answer(mode: OriginMode): Promise<void> {
    const done = once(this.#child, 'message')
    this.#child.send({ mode } satisfies OriginOrder)
    await done
  }

  async kill(): Promise<void> {
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }

  async restart(): Promise<void> {
    this.#child = fork(program, [String(this.#port)])
    await once(this.#child, 'message')
  }

  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  resume(): void {
    this.#child.kill('SIGCONT')
  }
}
