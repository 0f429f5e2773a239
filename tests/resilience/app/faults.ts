/** What can be done to a stack, and how it is undone. */
import type { Instance, Stack } from '@roundtrip/stack'
import type { DatabaseNodes } from './database-nodes.ts'
import type { Random } from './random.ts'
import type { Span } from './schedule.ts'

export interface Fault extends Span {
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

/** Faults of the database, by name: one at a time, so that there always is a server with everything in it. */
export const databaseFaults = (stack: Stack, nodes: DatabaseNodes) => {
  const replica = async () => stack.instance((await nodes.replica()).name)
  const primary = async () => stack.instance((await nodes.primary()).name)
  return {
    'replica lags': { least: 300, most: 2000, break: () => holdBack(nodes) },
    'replica lags long': { least: 2000, most: 3000, break: () => holdBack(nodes) },
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
