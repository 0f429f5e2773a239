/** What can be done to a stack, and how it is undone. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Instance, Stack } from '@roundtrip/stack'
import type { DatabaseNodes } from './database-nodes.ts'
import type { Random } from './random.ts'
import type { Planned, Span } from './schedule.ts'

export interface Fault extends Planned {
  /** @returns how to mend it */
  readonly break: () => Promise<() => Promise<void>>
}

const kill = (instance: Instance) => async () => {
  await instance.kill()
  return () => instance.start()
}

const freeze = (instance: Instance) => async () => {
  await instance.pause()
  return () => instance.resume()
}

/** Of a server that goes on answering: what it has received it shows later. */
const holdBack = async (nodes: DatabaseNodes) => {
  const replica = await nodes.replica()
  await nodes.ask(replica, 'select pg_wal_replay_pause()')
  return async () => void (await nodes.ask(replica, 'select pg_wal_replay_resume()'))
}

/**
 * The primary dies with changes that were acknowledged and never left it: they have to be got from its disk. It is its
 * sender that is frozen: what it has once sent reaches a frozen replica, too, as soon as that goes on.
 */
const killUnsent = async (stack: Stack, nodes: DatabaseNodes, unsentMs: number) => {
  const primary = await nodes.primary()
  const senders = await nodes.ask(primary, 'select pid from pg_stat_replication')
  const signal = (name: NodeJS.Signals): void => {
    for (const { pid } of senders) process.kill(Number(pid), name)
  }
  signal('SIGSTOP')
  await sleep(unsentMs)
  const killed = stack.instance(primary.name).kill()
  // Frozen it would not notice that its server is gone, and keep it from being over.
  signal('SIGKILL')
  await killed
  await stack.database.failover()
  return nothingToMend
}

const nothingToMend = async (): Promise<void> => undefined

/** A failover ends with everything whole: there is nothing left to wait for. */
const atOnce: Span = { least: 0, most: 0 }

/** Faults of the database, by name: one at a time, so that its data always are somewhere. */
export const databaseFaults = (stack: Stack, nodes: DatabaseNodes, random: Random) => {
  const replica = async () => stack.instance((await nodes.replica()).name)
  const primary = async () => stack.instance((await nodes.primary()).name)
  return {
    'switched over': {
      ...atOnce,
      isEarly: true,
      break: async () => {
        await stack.database.failover()
        return nothingToMend
      },
    },
    'primary killed, failed over': {
      ...atOnce,
      isEarly: true,
      break: () => killUnsent(stack, nodes, random.between(0, 600)),
    },
    'primary frozen, failed over': {
      ...atOnce,
      break: async () => {
        await (await primary()).pause()
        await stack.database.failover()
        return nothingToMend
      },
    },
    'replica lags': { least: 300, most: 3000, break: () => holdBack(nodes) },
    'replica frozen': { least: 300, most: 2000, break: async () => freeze(await replica())() },
    'replica killed': { least: 100, most: 1000, break: async () => kill(await replica())() },
    'primary frozen': { least: 100, most: 1500, break: async () => freeze(await primary())() },
    'primary killed and back': { least: 50, most: 1000, break: async () => kill(await primary())() },
  } satisfies Record<string, Fault>
}

/** Faults of what stands before the database, by name. */
export const tierFaults = (stack: Stack, random: Random) => {
  const one = (tier: string): Instance => stack.instance(`${tier}-${random.between(1, 2)}`)
  return {
    'app killed': { least: 100, most: 800, break: () => kill(one('app'))() },
    'app frozen': { least: 200, most: 1500, break: () => freeze(one('app'))() },
    'web killed': { least: 100, most: 800, break: () => kill(one('web'))() },
    'cache killed': { least: 100, most: 1000, break: kill(stack.instance('redis-cache')) },
    'cache frozen': { least: 100, most: 1000, break: freeze(stack.instance('redis-cache')) },
  } satisfies Record<string, Fault>
}
