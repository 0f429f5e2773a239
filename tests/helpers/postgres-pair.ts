/** A primary and a replica of a test's own, with a table of numbers in them. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Stack, StackOptions } from '@roundtrip/stack'
import { Client } from 'pg'
import { expect, vi } from 'vitest'
import { startForTest } from './cleanups.ts'
import { query } from './sql.ts'

export const servers = { include: ['postgres-primary', 'postgres-replica'] }

export const onPrimary = (stack: Stack, statement: string) =>
  query(stack.data.primaryUrl, stack.data.databasePassword, statement)

export const numbers = async (stack: Stack): Promise<unknown> =>
  (await onPrimary(stack, 'select count(*)::int as n, sum(n)::int as sum from numbers'))[0]

/** A pair with a table of the numbers up to 100, of which the replica has what it has. */
export const startPair = async (options: StackOptions = {}): Promise<Stack> => {
  const stack = await startForTest({ ...servers, control: false, ...options })
  await onPrimary(stack, 'create table numbers as select generate_series(1, 50) as n')
  await isReplicated(stack)
  return stack
}

/** Resolves once whoever is the replica follows, and has all there is. */
export const isReplicated = (stack: Stack): Promise<void> =>
  vi.waitFor(async () => {
    const { nodes } = await stack.database.status()
    expect(nodes.find(({ role }) => role === 'replica')).toMatchObject({ isStreaming: true, lagBytes: 0 })
  })

export const asSuperuser = async (stack: Stack, name: string, statement: string): Promise<void> => {
  const { host, ports } = stack.address(name)
  const password = await readFile(join(stack.root, 'secrets/database-superuser-password'), 'utf8')
  const client = new Client({ host, port: ports['postgres'] ?? 0, user: 'postgres', password, database: 'roundtrip' })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** From now on the replica gets nothing more, however long the primary lives. */
export const cutOff = async (stack: Stack): Promise<void> => {
  await asSuperuser(stack, 'postgres-replica', "alter system set primary_conninfo = ''")
  await asSuperuser(stack, 'postgres-replica', 'select pg_reload_conf()')
  await vi.waitFor(async () => {
    const { nodes } = await stack.database.status()
    expect(nodes[1]).toMatchObject({ name: 'postgres-replica', isStreaming: false })
  })
}

export const roles = async (stack: Stack) => {
  const { nodes } = await stack.database.status()
  return nodes.map(({ name, role, isStreaming }) => [name, role, isStreaming])
}

export const changed = [
  ['postgres-primary', 'replica', true],
  ['postgres-replica', 'primary', undefined],
]
