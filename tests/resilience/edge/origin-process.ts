/** A next hop as its own process: can be told, paused, killed and started again at the same port. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { OriginMode } from './origin-modes.ts'

export type OriginProtocol = 'http1' | 'http2'

export interface OriginOrder {
  readonly mode: OriginMode
}

const program = `${import.meta.dirname}/origin.main.ts`

export class OriginProcess {
  #child: ChildProcess
  readonly #port: number
  readonly #protocol: OriginProtocol

  private constructor(child: ChildProcess, port: number, protocol: OriginProtocol) {
    this.#child = child
    this.#port = port
    this.#protocol = protocol
  }

  static async start(protocol: OriginProtocol = 'http1'): Promise<OriginProcess> {
    const child = fork(program, ['0', protocol])
    const [port] = (await once(child, 'message')) as [number]
    return new OriginProcess(child, port, protocol)
  }

  get protocol(): OriginProtocol {
    return this.#protocol
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
    this.#child = fork(program, [String(this.#port), this.#protocol])
    await once(this.#child, 'message')
  }

  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  resume(): void {
    this.#child.kill('SIGCONT')
  }
}
