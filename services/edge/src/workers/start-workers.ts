/** The edge as one process or as several: by setting, one for each core where that is wanted. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Component, Health, Surroundings } from '@roundtrip/service'
import type { EdgeSettings } from '../config.ts'
import { rotateTicketKeys } from '../tls/ticket-keys.ts'
import { SlotSockets, type Address } from './slot-sockets.ts'
import { topic, type Topic, type WorkerBus } from './worker-bus.ts'
import { spawnWorker } from './worker-process.ts'
import { WorkerGroup, type WorkerStatus } from './worker-group.ts'
import { ticketKeysTopic } from './workplace.ts'

/** How well a worker is. */
export const healthTopic: Topic<null, Health> = topic('process.health')
/** Asks the parent to replace its workers one by one; resolves when that is done. Nobody replies where there is one process. */
export const recycleTopic: Topic<null, WorkerStatus[]> = topic('workers.recycle')
/** What the parent knows of its workers. */
export const workerStatusTopic: Topic<null, WorkerStatus[]> = topic('workers.status')

export type EdgeSurroundings = Surroundings<EdgeSettings>

/** How many processes a setting means; sharing a port between processes takes Linux. */
export const workerCount = (setting: string, cores: number = availableParallelism()): number => {
  if (process.platform !== 'linux') return 1
  return setting === 'auto' ? cores : Number(setting)
}

export interface StartWorkersOptions {
  readonly surroundings: EdgeSurroundings
  readonly count: number
  readonly ticketRotationMs: number
  /** Of this process: what workers inherit. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Entry point of a worker. */
  readonly file?: string
}

/** Starts the parent. It serves nothing itself. @throws the error of binding, or what kept a worker from becoming ready */
export const startWorkers = async (options: StartWorkersOptions): Promise<{ component: Component; bus: WorkerBus }> => {
  const { surroundings, count, ticketRotationMs, file = join(import.meta.dirname, 'main.ts') } = options
  const { settings, log } = surroundings
  const sockets = await SlotSockets.bind(addressesOf(settings), count)
  const keys = rotateTicketKeys({
    rotationMs: ticketRotationMs,
    onRotated: (ticketKeys) => group.bus.publish(ticketKeysTopic, ticketKeys),
  })
  const group: WorkerGroup = new WorkerGroup({
    count,
    log,
    spawn: (slot) =>
      spawnWorker({
        file,
        commandLine: process.argv.slice(2),
        environment: environmentOf(slot, options),
        descriptors: sockets.descriptors,
        assignment: { type: 'assignment', slot, sockets: sockets.inherited, ticketKeys: keys.current() },
      }),
  })
  const stopListening = obey(group, surroundings)
  const close = async (): Promise<void> => {
    stopListening()
    keys.stop()
    await group.close()
    sockets.close()
  }
  try {
    const listeners = await group.start()
    const health = (): Promise<Health> => healthOf(group.bus, count)
    return { component: { listeners, health, drain: () => group.drain(), close }, bus: group.bus }
  } catch (error) {
    await close()
    throw error
  }
}

const addressesOf = ({ host, httpsPort, httpPort }: EdgeSettings): Address[] => [
  { name: 'https', host, port: httpsPort },
  ...(httpPort === undefined ? [] : [{ name: 'http', host, port: httpPort }]),
]

/** A name of its own for each worker; health is asked of the parent. */
const environmentOf = (
  slot: number,
  { environment, surroundings }: StartWorkersOptions,
): Record<string, string | undefined> => ({
  ...environment,
  SERVICE_INSTANCE: `${surroundings.instance}.${slot}`,
  SERVICE_HEALTH_PORT: '',
})

/** Recycles on SIGUSR2, and when a worker passes on that somebody asks for it. @returns how to stop */
const obey = (group: WorkerGroup, { log }: EdgeSurroundings): (() => void) => {
  group.bus.subscribe(workerStatusTopic, () => group.status())
  group.bus.subscribe(recycleTopic, async () => {
    await group.recycle()
    return group.status()
  })
  const onSignal = (): void => {
    group.recycle().catch((error: unknown) => log.error({ error }, 'workers could not be recycled'))
  }
  process.on('SIGUSR2', onSignal)
  return () => void process.off('SIGUSR2', onSignal)
}

/** One worker that is ready is enough to work; which of them is not, stands among the checks. */
const healthOf = async (bus: WorkerBus, count: number): Promise<Health> => {
  const all = await bus.request(healthTopic, null, { timeoutMs: 500 })
  const ready = all.filter((health) => health.ready)
  // The least well first: what it says about a neighbour is overwritten by those that can still use it.
  const checks = Object.assign(
    {},
    ...[...all.filter((health) => !health.ready), ...ready].map((health) => health.checks),
  )
  return {
    ready: ready.length > 0,
    checks: { ...(checks as Health['checks']), workers: `${ready.length} of ${count}` },
  }
}
