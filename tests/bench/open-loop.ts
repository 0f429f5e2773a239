/** Generators that ask at a set rate, each on a core of its own, from one look at a server to the next. */
import type { ChildProcess } from 'node:child_process'
import { setTimeout as after } from 'node:timers/promises'
import type { Children } from './children.ts'
import { instrumentFlags } from './instruments.ts'
import { busyBetween, lookAt, type Busy, type Watched } from './load.ts'

/** What one generator is told. */
export interface Look {
  /** Asked in turn. */
  readonly urls: readonly string[]
  readonly protocol: 'h1' | 'h2'
  /** To all addresses together; kept for later looks at the same ones. */
  readonly connections: number
  /** As `questionsFor` knows them. */
  readonly questions: string
  readonly perSecond: number
  /** At the same rate, before the seconds that count: until caches hold, and queues are, what they are at that rate. */
  readonly settleSeconds: number
  readonly seconds: number
}

/** What one generator saw. */
export interface Seen {
  /** From when a request was due until its answer was there, in microseconds. */
  readonly timesUs: readonly number[]
  /** How late it asked, of those for which a connection was free. */
  readonly lagsUs: readonly number[]
  readonly failures: number
  readonly unanswered: number
}

const program = `${import.meta.dirname}/open-loop-client.main.ts`

export class OpenLoop {
  readonly #children: Children
  readonly #generators: readonly ChildProcess[]

  constructor(children: Children, cores: readonly number[]) {
    this.#children = children
    this.#generators = cores.map((core) =>
      children.start(process.execPath, [...instrumentFlags, program], {
        cores: [core],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      }),
    )
  }

  /** @param looks one for each generator, all of the same length @throws Error when a generator ends */
  async look(looks: readonly Look[], watched: Watched): Promise<{ seen: Seen[]; busy: Busy }> {
    const answers = this.#generators.map((generator, index) => {
      const answer = this.#children.message(generator)
      generator.send(looks[index] as Look)
      return answer as Promise<Seen>
    })
    const [seen, busy] = await Promise.all([Promise.all(answers), this.#watch(looks[0] as Look, watched)])
    return { seen, busy }
  }

  close(): void {
    for (const generator of this.#generators) generator.disconnect()
  }

  async #watch({ settleSeconds, seconds }: Look, watched: Watched): Promise<Busy> {
    const pids = this.#generators.map(({ pid = 0 }) => pid)
    await after(settleSeconds * 1000)
    const before = lookAt(watched, pids)
    await after(seconds * 1000)
    return busyBetween(before, lookAt(watched, pids), watched, pids.length)
  }
}
