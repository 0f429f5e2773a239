/** How the application is: started when all that it begins with has been there once, ready as long as it can sell. */
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Database } from '@roundtrip/postgres'
import type { Component, Health } from '@roundtrip/service'

export interface AppHealthOptions {
  readonly database: Pick<Database, 'health' | 'read'>
  /** How those are that the shop can do without. */
  readonly checks: () => Health['checks']
  /** Milliseconds, never going back; default `performance.now`. */
  readonly clock?: () => number
}

const migrations = fileURLToPath(new URL('../migrations', import.meta.url))

const lookAgainMs = 50

/** The number that its file name begins with. */
const numberOf = (migration: string): number => Number.parseInt(migration, 10)

export class AppHealth implements Pick<Component, 'health' | 'retire'> {
  readonly #options: AppHealthOptions
  /** Number of the last migration that this version comes with. */
  readonly #newest = Math.max(...readdirSync(migrations).map(numberOf).filter(Number.isInteger))
  #isStarted = false
  #isRetiring = false

  constructor(options: AppHealthOptions) {
    this.#options = options
  }

  /** Without the cache or the queue the shop still sells; without any database it does not. An arrow, to be handed on. */
  readonly health = async (): Promise<Health> => {
    const { reachable, nodes } = await this.#options.database.health()
    this.#isStarted ||= reachable && (await this.#isMigrated())
    const checks = {
      ...nodes,
      ...this.#options.checks(),
      ...(!this.#isStarted && { start: reachable ? 'waits for the migrations' : 'waits for a database' }),
      ...(this.#isRetiring && { draining: 'yes' }),
    }
    return { ready: reachable && this.#isStarted && !this.#isRetiring, started: this.#isStarted, checks }
  }

  readonly retire = (): void => {
    this.#isRetiring = true
  }

  /**
   * Whoever takes work before the first connection stands turns it away, though others could have done it. Resolves when
   * that is so, or after a while, in milliseconds: an application without a database is there to say so.
   */
  async begun(waitMs = 5000): Promise<void> {
    const { clock = () => performance.now() } = this.#options
    const untilMs = clock() + waitMs
    while ((await this.health()).started === false && clock() < untilMs) await sleep(lookAgainMs)
  }

  /** A database of a later version will do: what that adds is made to be borne by this one. */
  async #isMigrated(): Promise<boolean> {
    const last = 'select name from migrations order by id desc limit 1'
    try {
      const { value } = await this.#options.database.read('eventual', (node) => node.query<{ name: string }>(last))
      return value.some(({ name }) => numberOf(name) >= this.#newest)
    } catch {
      // No such table yet, or gone since it was asked for its health: the next probe asks again.
      return false
    }
  }
}
