/** One Postgres server as this process sees it: a bounded pool for work, and one connection of its own for probes. */
import { Client, Pool, type ClientConfig, type PoolClient } from 'pg'
import { withPassword } from './connection.ts'
import { isNodeGone } from './failure.ts'
import type { Log } from './log.ts'

export interface NodeOptions {
  /** `primary`, `replica-1`, …: as reported in logs and to callers. */
  readonly name: string
  readonly url: string
  readonly password: string | undefined
  readonly applicationName: string
  /** Most connections that work may hold at once. */
  readonly poolMax: number
  /** To connect, and also to wait for a free connection of the pool. */
  readonly connectTimeoutMs: number
  /** Enforced by the server; half a second later by this process, should the server not even answer that. */
  readonly statementTimeoutMs: number
  /** How long a probe may take. Short: a readiness check waits for it. */
  readonly probeTimeoutMs: number
  /** Sessions refuse to write, also on the primary. */
  readonly readOnly: boolean
  readonly log: Log
}

const serverAnswerGraceMs = 500

export class DatabaseNode {
  readonly name: string
  readonly #options: NodeOptions
  readonly #pool: Pool
  readonly #lent = new Set<PoolClient>()
  #prober: Client | undefined
  #probe: Promise<boolean> | undefined

  constructor(options: NodeOptions) {
    this.name = options.name
    this.#options = options
    this.#pool = new Pool({
      ...connectionOf(options),
      max: options.poolMax,
      idleTimeoutMillis: 10_000,
      query_timeout: options.statementTimeoutMs + serverAnswerGraceMs,
      statement_timeout: options.statementTimeoutMs,
      lock_timeout: options.statementTimeoutMs,
      idle_in_transaction_session_timeout: options.statementTimeoutMs * 2,
      ...(options.readOnly && { options: '-c default_transaction_read_only=on' }),
    })
    // An idle connection that breaks is no failure of anybody's work: the pool has already dropped it.
    this.#pool.on('error', (error) => options.log.debug({ error, node: options.name }, 'idle connection lost'))
  }

  /** Lends a connection to `work`. One that may be out of step afterwards is closed instead of returned. */
  async use<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect()
    let broken: Error | undefined
    // While it is lent the pool does not listen; without a listener a lost connection would end the process.
    const noteError = (error: Error): void => {
      broken = error
    }
    client.on('error', noteError)
    this.#lent.add(client)
    try {
      return await work(client)
    } catch (error) {
      if (isNodeGone(error)) broken = error as Error
      throw error
    } finally {
      this.#lent.delete(client)
      client.release(broken)
      client.off('error', noteError)
    }
  }

  /** Asks the server whether it is a replica. Callers that come while it is being asked share the answer. */
  isInRecovery(): Promise<boolean> {
    this.#probe ??= this.#ask().finally(() => {
      this.#probe = undefined
    })
    return this.#probe
  }

  /** Ends every connection, also those at work: whoever wants them to finish waits before closing. */
  async close(): Promise<void> {
    const lent = [...this.#lent].map((client) => (client as unknown as Client).end())
    const ended = Promise.allSettled([this.#pool.end(), this.#prober?.end()])
    // The pool waits for what is lent to be given back; work that hangs never does that.
    await (lent.length === 0 ? ended : Promise.allSettled(lent))
  }

  async #ask(): Promise<boolean> {
    try {
      const client = (this.#prober ??= await this.#connectProber())
      const { rows } = await client.query<{ replica: boolean }>('select pg_is_in_recovery() as replica')
      return rows[0]?.replica ?? false
    } catch (error) {
      const lost = this.#prober
      this.#prober = undefined
      lost?.end().catch(() => {}) // It is gone already; there is nothing left to end in order.
      throw error
    }
  }

  /** Apart from the pool, so that a node whose connections are all at work is not taken for a dead one. */
  async #connectProber(): Promise<Client> {
    const { probeTimeoutMs } = this.#options
    const client = new Client({
      ...connectionOf(this.#options),
      connectionTimeoutMillis: probeTimeoutMs,
      query_timeout: probeTimeoutMs,
    })
    client.on('error', () => {
      if (this.#prober === client) this.#prober = undefined
    })
    await client.connect()
    return client
  }
}

const connectionOf = ({ url, password, applicationName, connectTimeoutMs }: NodeOptions): ClientConfig => ({
  connectionString: withPassword(url, password),
  application_name: applicationName,
  connectionTimeoutMillis: connectTimeoutMs,
  keepAlive: true,
})
