/** How each of the Redis servers is configured and started. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { purgeLogKey } from '@roundtrip/contracts'
import { childEnvironment } from '../host.ts'
import type { ProcessPlan } from '../run-process.ts'
import type { InstanceAddress } from '../stack.ts'
import { purgeUser } from '../topology.ts'
import type { RedisBinary } from './binary.ts'

export interface RedisOptions {
  readonly binary: RedisBinary
  /** Parent of the data folders. */
  readonly folder: string
  readonly address: InstanceAddress
  readonly password: string
  /** Of app, which tells the edges what has changed. */
  readonly purgePassword: string
}

/**
 * What the roles need: a cache may forget and must not grow; a queue must not forget. What the edges share must not grow
 * either, and may forget counts, those first that are about to end; the stream of purges has no end and is never evicted.
 */
const roles: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'redis-cache': { maxmemory: '64mb', 'maxmemory-policy': 'allkeys-lru', appendonly: 'no' },
  'redis-edge': { maxmemory: '32mb', 'maxmemory-policy': 'volatile-ttl', appendonly: 'no' },
  'redis-queue': { 'maxmemory-policy': 'noeviction', appendonly: 'yes', appendfsync: 'everysec' },
}

/** May add to the log of purges, and not even read it: whoever breaks into app can make the edges forget, no more. */
const appender = (password: string): string =>
  `${purgeUser} on >${password} resetkeys %W~${purgeLogKey} resetchannels -@all +auth +hello +ping +info +client|setname +xadd`

export const planRedis = async (name: string, options: RedisOptions): Promise<ProcessPlan> => {
  const folder = join(options.folder, name)
  const file = join(folder, 'redis.conf')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const settings: Record<string, string> = {
    bind: options.address.host,
    port: String(options.address.ports['redis']),
    requirepass: options.password,
    'protected-mode': 'yes',
    daemonize: 'no',
    dir: `"${folder}"`,
    save: '""',
    ...roles[name],
    ...(name === 'redis-edge' && { user: appender(options.purgePassword) }),
  }
  const text = Object.entries(settings).map(([key, value]) => `${key} ${value}\n`)
  // In a file, as arguments are visible to every user of the machine.
  await writeFile(file, text.join(''), { mode: 0o600 })
  return {
    command: options.binary.command,
    args: [file],
    environment: { ...childEnvironment(), ...options.binary.environment },
    folder,
    readyBy: /Ready to accept connections/,
    stopSignal: 'SIGTERM',
  }
}
