/** The database servers of a stack, asked as superuser past everything that stands before them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Stack } from '@roundtrip/stack'
import { query } from '../../helpers/sql.ts'
import type { DatabaseAccess } from './shelf.ts'

export interface DatabaseServer {
  /** Of the instance, whatever its role is now. */
  readonly name: string
  readonly url: string
}

export class DatabaseNodes {
  readonly #stack: Stack
  readonly #password: string
  readonly #servers: readonly DatabaseServer[]

  constructor(stack: Stack) {
    this.#stack = stack
    this.#password = readFileSync(join(stack.root, 'secrets/database-superuser-password'), 'utf8')
    const { primaryUrl, replicaUrl } = stack.data
    this.#servers = [
      { name: 'postgres-primary', url: primaryUrl },
      { name: 'postgres-replica', url: replicaUrl },
    ]
  }

  /** As the shop connects, to whoever is the primary now. */
  async access(): Promise<DatabaseAccess> {
    return { url: (await this.#withRole(false)).url, password: this.#stack.data.databasePassword }
  }

  primary(): Promise<DatabaseServer> {
    return this.#withRole(false)
  }

  replica(): Promise<DatabaseServer> {
    return this.#withRole(true)
  }

  async ask(server: DatabaseServer, statement: string): Promise<Record<string, unknown>[]> {
    const url = new URL(server.url)
    url.username = 'postgres'
    return query(url.href, this.#password, statement)
  }

  /** Which of them it is changes with a failover. @throws Error when there is none */
  async #withRole(isReplica: boolean): Promise<DatabaseServer> {
    for (const server of this.#servers) {
      const rows = await this.ask(server, 'select pg_is_in_recovery() as replica').catch(() => [])
      if (rows[0]?.['replica'] === isReplica) return server
    }
    throw new Error(`no database server is ${isReplica ? 'a replica' : 'the primary'}`)
  }
}
