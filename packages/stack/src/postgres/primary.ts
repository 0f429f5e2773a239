/** The primary: its cluster, its one application role and database, and the slots that keep WAL for replicas. */
import { escapeIdentifier, escapeLiteral, type ClientConfig } from 'pg'
import { database } from '../topology.ts'
import { withClient } from './connect.ts'
import { superuser } from './data-folder.ts'

/** Name of the replication slot of an instance; slots know no hyphens. */
export const slotOf = (instance: string): string => instance.replaceAll('-', '_')

/** How to connect as superuser. */
export const superuserConfig = (host: string, port: number, password: string): ClientConfig => ({
  host,
  port,
  user: superuser,
  password,
  database: 'postgres',
})

/** Gives the superuser of a copied cluster a password of its own. */
export const changePassword = (config: ClientConfig, password: string): Promise<void> =>
  withClient(config, async (client) => {
    await client.query(`alter role ${escapeIdentifier(superuser)} password ${escapeLiteral(password)}`)
  })

/**
 * Makes the application's role and database when they are missing. The role owns its database, may replicate (the
 * replica uses it) and may make databases (each test file uses one of its own); it is no superuser.
 */
export const provision = (config: ClientConfig, password: string): Promise<void> =>
  withClient(config, async (client) => {
    const { user, name } = database
    const { rows } = await client.query<{ role: boolean; database: boolean }>(
      `select exists (select from pg_roles where rolname = $1) as role,
              exists (select from pg_database where datname = $2) as database`,
      [user, name],
    )
    if (rows[0]?.role !== true) {
      const options = `login replication createdb password ${escapeLiteral(password)}`
      await client.query(`create role ${escapeIdentifier(user)} ${options}`)
    }
    if (rows[0]?.database !== true) {
      await client.query(`create database ${escapeIdentifier(name)} owner ${escapeIdentifier(user)}`)
    }
  })

/** What the primary keeps for a replica: nothing yet, all it needs, or no longer enough. */
export type SlotState = 'missing' | 'kept' | 'lost'

export const slotState = (config: ClientConfig, slot: string): Promise<SlotState> =>
  withClient(config, async (client) => {
    const { rows } = await client.query<{ wal_status: string | null }>(
      'select wal_status from pg_replication_slots where slot_name = $1',
      [slot],
    )
    if (rows[0] === undefined) return 'missing'
    return rows[0].wal_status === 'lost' ? 'lost' : 'kept'
  })

/** Makes the slot anew, keeping WAL from now on. */
export const recreateSlot = async (config: ClientConfig, slot: string): Promise<void> => {
  await dropSlot(config, slot)
  await withClient(config, (client) => client.query('select pg_create_physical_replication_slot($1, true)', [slot]))
}

/** Nothing is kept any more, if anything was. */
export const dropSlot = async (config: ClientConfig, slot: string): Promise<void> => {
  const drop = 'select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1'
  await withClient(config, (client) => client.query(drop, [slot]))
}
