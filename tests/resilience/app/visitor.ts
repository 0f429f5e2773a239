/** A client with a memory of its own: it sends back what it was given, and goes to either edge. */
import { clientOf, type Ask, type Client, type Reply } from '../../helpers/client.ts'
import type { Target } from '../../helpers/target.ts'
import type { Random } from './random.ts'

/** How a session is carried: browsers have cookies, programs send the position on. */
export type Memory = 'cookies' | 'position'

const positionField = 'x-session-position'

/** Longest wait for an answer: a little more than a frozen process is left frozen. */
const timeoutMs = 4000

const toText = (field: string | string[] | undefined): string | undefined => [field].flat()[0]

export class Visitor {
  readonly #edges: readonly Client[]
  readonly #memory: Memory | undefined
  readonly #random: Random
  readonly #cookies = new Map<string, string>()
  #position: string | undefined

  /** @param memory none: whoever asks next is another one */
  constructor(target: Pick<Target, 'ca' | 'publicName' | 'edges'>, memory: Memory | undefined, random: Random) {
    this.#edges = target.edges.map((_, edge) => clientOf(target, { edge }))
    this.#memory = memory
    this.#random = random
  }

  /** @throws what breaks, or takes too long */
  async ask(path: string, ask: Ask = {}): Promise<Reply> {
    const edge = this.#random.pick(this.#edges)
    const signal = AbortSignal.timeout(timeoutMs)
    const reply = await edge(path, { ...ask, signal, headers: { ...ask.headers, ...this.#remembered() } })
    this.#remember(reply)
    return reply
  }

  async close(): Promise<void> {
    await Promise.all(this.#edges.map((edge) => edge.close()))
  }

  #remembered(): Record<string, string> {
    if (this.#memory === 'position') return this.#position === undefined ? {} : { [positionField]: this.#position }
    if (this.#cookies.size === 0) return {}
    return { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
  }

  #remember({ headers }: Reply): void {
    if (this.#memory === 'position') this.#position = toText(headers[positionField]) ?? this.#position
    if (this.#memory !== 'cookies') return
    for (const line of [headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? []
      this.#cookies.set(name, value)
    }
  }
}
