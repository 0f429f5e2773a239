/** Sessions in Redis: made at sign-in, ended when idle, when old, or by whoever they belong to (OWASP ASVS 4.0.3 V3). */
import { RoundtripError } from '@roundtrip/errors'
import { Circuit, promptRedis, tryConnect, type Log } from '@roundtrip/redis'
import type { Account } from './account.ts'
import { isSessionId, newSessionId, sessionName } from './session-id.ts'

export interface SessionsOptions {
  /** A Redis that evicts nothing: one that does signs people out when something else fills it. */
  readonly url: string
  readonly password?: string | undefined
  /** Without a request a session ends after this; default 30 min. */
  readonly idleMs?: number
  /** However busy it is, it ends after this; default 12 h. */
  readonly absoluteMs?: number
  readonly log: Log
  /** Wall clock in milliseconds; default `Date.now`. */
  readonly clock?: () => number
}

/** As Redis has it. */
interface Stored extends Account {
  readonly beganMs: number
  /** Of the browser, as it called itself: so that its owner knows it again. */
  readonly agent: string
}

export interface Session {
  readonly account: Account
  /** Public: names the session without opening it. */
  readonly name: string
}

export interface ListedSession {
  readonly name: string
  readonly agent: string
  readonly beganAt: string
  readonly lastSeenAt: string
}

const commandTimeoutMs = 250
const failuresThatOpen = 5
const openMs = 500
/** The oldest of more than that are ended: nobody can fill Redis with sessions of one account. */
const maxPerAccount = 20
const maxAgentLength = 200

export class Sessions {
  readonly #redis: ReturnType<typeof promptRedis>
  readonly #circuit: Circuit
  readonly #idleMs: number
  readonly #absoluteMs: number
  readonly #clock: () => number

  constructor({ url, password, idleMs = 1_800_000, absoluteMs = 43_200_000, log, clock = Date.now }: SessionsOptions) {
    this.#redis = promptRedis({ url, password, name: 'sessions', commandTimeoutMs })
    this.#idleMs = idleMs
    this.#absoluteMs = absoluteMs
    this.#clock = clock
    this.#circuit = new Circuit({
      threshold: failuresThatOpen,
      openMs,
      clock: () => performance.now(),
      onChange: (state, error) => {
        if (state === 'open') log.warn({ error }, 'sessions are not available: Redis does not answer')
        else log.info({}, 'sessions are available again')
      },
    })
  }

  get isReachable(): boolean {
    return this.#redis.status === 'ready' && !this.#circuit.isOpen
  }

  /** Whether Redis was reached; if not, connecting goes on in the background. */
  connect(): Promise<boolean> {
    return tryConnect(this.#redis)
  }

  close(): void {
    this.#redis.disconnect()
  }

  /** @returns the id, which is in no store @throws RoundtripError `AUTH_UNAVAILABLE` */
  async begin({ id: userId, role }: Account, agent: string): Promise<string> {
    const id = newSessionId()
    const name = sessionName(id)
    const nowMs = this.#clock()
    const stored: Stored = { id: userId, role, beganMs: nowMs, agent: agent.slice(0, maxAgentLength) }
    await this.#ask(async () => {
      const results = await this.#redis
        .multi()
        .set(keyOf(name), JSON.stringify(stored), 'PX', this.#idleMs)
        .zadd(listOf(userId), String(nowMs), name)
        .pexpire(listOf(userId), this.#absoluteMs)
        .zrange(listOf(userId), '0', String(-1 - maxPerAccount))
        .exec()
      const surplus = (answersOf(results).at(-1) ?? []) as string[]
      if (surplus.length > 0) await this.#remove(userId, surplus)
    })
    return id
  }

  /** Whose it is; being asked keeps it from being idle. @throws RoundtripError `AUTH_UNAVAILABLE` */
  async find(id: string): Promise<Session | undefined> {
    if (!isSessionId(id)) return undefined
    const name = sessionName(id)
    const text = await this.#ask(() => this.#redis.getex(keyOf(name), 'PX', this.#idleMs))
    if (text === null) return undefined
    const { id: userId, role, beganMs } = JSON.parse(text) as Stored
    if (beganMs + this.#absoluteMs > this.#clock()) return { account: { id: userId, role }, name }
    await this.#ask(() => this.#remove(userId, [name]))
    return undefined
  }

  /** The latest first. @throws RoundtripError `AUTH_UNAVAILABLE` */
  async list(userId: string): Promise<ListedSession[]> {
    const names = await this.#names(userId)
    const found = await Promise.all(names.map(async (name) => this.#describe(name)))
    return found.filter((one) => one !== undefined).toReversed()
  }

  /** @returns whether the account had such a session @throws RoundtripError `AUTH_UNAVAILABLE` */
  async end(userId: string, name: string): Promise<boolean> {
    // Only what stands in the list of this account: a name alone ends nobody else's session.
    const isTheirs = await this.#ask(() => this.#redis.zscore(listOf(userId), name))
    return isTheirs !== null && (await this.#ask(() => this.#remove(userId, [name]))) > 0
  }

  /** All of an account. @throws RoundtripError `AUTH_UNAVAILABLE` */
  async endAll(userId: string): Promise<void> {
    const names = await this.#names(userId)
    if (names.length > 0) await this.#ask(() => this.#remove(userId, names))
  }

  #names(userId: string): Promise<string[]> {
    const oldestMs = this.#clock() - this.#absoluteMs
    return this.#ask(() => this.#redis.zrange(listOf(userId), `(${oldestMs}`, '+inf', 'BYSCORE'))
  }

  async #describe(name: string): Promise<ListedSession | undefined> {
    const [text, leftMs] = await this.#ask(() =>
      Promise.all([this.#redis.get(keyOf(name)), this.#redis.pttl(keyOf(name))]),
    )
    if (text === null || leftMs < 0) return undefined
    const { beganMs, agent } = JSON.parse(text) as Stored
    const lastSeenMs = this.#clock() - (this.#idleMs - leftMs)
    return { name, agent, beganAt: new Date(beganMs).toISOString(), lastSeenAt: new Date(lastSeenMs).toISOString() }
  }

  /** @returns how many were still there */
  async #remove(userId: string, names: readonly string[]): Promise<number> {
    const results = await this.#redis
      .multi()
      .del(...names.map(keyOf))
      .zrem(listOf(userId), ...names)
      .exec()
    return Number(answersOf(results)[0])
  }

  async #ask<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await this.#circuit.run(command)
    } catch (cause) {
      throw new RoundtripError('AUTH_UNAVAILABLE', undefined, { cause })
    }
  }
}

/** Each command of a transaction fails by itself (Redis, Transactions): none may pass for done. */
const answersOf = (results: readonly (readonly [Error | null, unknown])[] | null): unknown[] => {
  const failure = results?.find(([error]) => error !== null)?.[0]
  if (results === null || failure != null) throw failure ?? new Error('the transaction was not carried out')
  return results.map(([, answer]) => answer)
}

const keyOf = (name: string): string => `session:${name}`

/** The names of an account's sessions by the time at which they began. */
const listOf = (userId: string): string => `sessions-of:${userId}`
