/** What a server says of itself when the monitor asks. */
import { Client, type ClientConfig } from 'pg'
import { toLsn, type Lsn } from './lsn.ts'

export interface Sample {
  readonly isReplica: boolean
  /** Replayed on a replica, flushed on a primary. */
  readonly position: Lsn
  /** Of a primary: raised by each promotion. On a replica 0, which knows it only from its last restart point. */
  readonly timeline: number
}

export interface ProberOptions {
  readonly connection: ClientConfig
  /** How long an answer may take. Short: a readiness check waits for it. */
  readonly timeoutMs: number
  /** The connection broke between two samples: the server may have restarted. */
  readonly onLost: (error: Error) => void
}

// The function for the name of a WAL file, whose first eight digits are the timeline, does not run on a replica.
const question = `select r as replica,
  (case when r then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end)::text as position,
  case when r then '0' else left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline
  from pg_is_in_recovery() as r`

interface Answer {
  readonly replica: boolean
  readonly position: string | null
  readonly timeline: string
}

/** Asks over a connection apart from the pools, so that a node whose connections are all at work is not taken for dead. */
export class Prober {
  readonly #options: ProberOptions
  #client: Client | undefined
  #asking: Promise<Sample> | undefined
  #closed = false

  constructor(options: ProberOptions) {
    this.#options = options
  }

  /** Callers that come while the server is being asked share the answer. */
  sample(): Promise<Sample> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  /** Says goodbye and does not wait for an answer: a server that hangs gives none. */
  close(): void {
    this.#closed = true
    const client = this.#client
    this.#client = undefined
    if (client !== undefined) part(client)
  }

  async #ask(): Promise<Sample> {
    try {
      const client = (this.#client ??= await this.#connect())
      const { rows } = await client.query<Answer>(question)
      const { replica = false, position, timeline = '0' } = rows[0] ?? {}
      return { isReplica: replica, position: toLsn(position ?? '0/0'), timeline: Number.parseInt(timeline, 16) }
    } catch (error) {
      const lost = this.#client
      this.#client = undefined
      if (lost !== undefined) part(lost)
      throw error
    }
  }

  async #connect(): Promise<Client> {
    const { connection, timeoutMs, onLost } = this.#options
    if (this.#closed) throw new Error('closed')
    const client = new Client({ ...connection, connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs })
    client.on('error', (error) => {
      if (this.#client !== client) return
      this.#client = undefined
      onLost(error)
    })
    await client.connect()
    if (!this.#closed) return client
    part(client)
    throw new Error('closed')
  }
}

const part = (client: Client): void => {
  client.end().catch(() => {}) // It may be gone already: then there is nothing left to end in order.
  // Not declared; without it a server that hangs would keep the process from ending.
  ;(client as unknown as { unref(): void }).unref()
}
