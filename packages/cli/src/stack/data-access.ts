/** How an app of the user's own reaches the data tier: addresses, and files that hold the passwords. */
import { join } from 'node:path'
import type { Stack, StatusRow } from '@roundtrip/stack'

/** Without passwords, so that it can be printed and sent. */
export interface DataTierAccess {
  readonly primaryUrl: string
  readonly replicaUrl: string
  readonly databasePasswordFile: string
  readonly cacheUrl: string
  readonly queueUrl: string
  readonly redisPasswordFile: string
}

export const dataAccessOf = ({ root, data }: Stack): DataTierAccess => {
  const { primaryUrl, replicaUrl, cacheUrl, queueUrl } = data
  return {
    primaryUrl,
    replicaUrl,
    databasePasswordFile: join(root, 'secrets', 'database-password'),
    cacheUrl,
    queueUrl,
    redisPasswordFile: join(root, 'secrets', 'redis-password'),
  }
}

/** What to connect to or to read, and what it is. */
export interface DataLine {
  readonly line: string
  readonly about: string
}

/** Only of what runs. @param shown how a path is shown to the user */
export const dataLines = (
  data: DataTierAccess,
  rows: readonly StatusRow[],
  shown: (path: string) => string,
): DataLine[] => {
  const running = new Set(rows.map(({ name, role }) => role ?? name))
  const servers = [
    { what: 'primary', kind: 'postgres', line: data.primaryUrl, about: 'Postgres, reads and writes' },
    { what: 'replica', kind: 'postgres', line: data.replicaUrl, about: 'Postgres, reads only' },
    { what: 'redis-cache', kind: 'redis', line: data.cacheUrl, about: 'Redis that evicts: a cache' },
    { what: 'redis-queue', kind: 'redis', line: data.queueUrl, about: 'Redis that keeps: a queue' },
  ].filter(({ what }) => running.has(what))
  const passwords = [
    { kind: 'postgres', line: shown(data.databasePasswordFile), about: 'file with the password of Postgres' },
    { kind: 'redis', line: shown(data.redisPasswordFile), about: 'file with the password of Redis' },
  ].filter(({ kind }) => servers.some((server) => server.kind === kind))
  return [...servers, ...passwords].map(({ line, about }) => ({ line, about }))
}
