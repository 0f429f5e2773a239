/** Starts a service as a parent of workers that share its ports. The parent serves nothing itself. */
import type { Log } from '@roundtrip/http'
import type { Component } from '@roundtrip/service'
import { BusHub } from './bus-hub.ts'
import { groupHealth } from './group-health.ts'
import { SlotSockets, type Address } from './slot-sockets.ts'
import { recycleTopic, replaceTopic, retireTopic, workerStatusTopic } from './topics.ts'
import type { Topic } from './worker-bus.ts'
import { WorkerGroup } from './worker-group.ts'
import { spawnWorker, type WorkerProcess } from './worker-process.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface StartGroupOptions {
  readonly count: number
  /** Name of the whole: workers are called `name.1`, `name.2`, … */
  readonly instance: string
  /** To bind, for all workers. */
  readonly addresses: readonly Address[]
  /** Entry point of a worker. */
  readonly file: string
  /** Of this process: what workers inherit. */
  readonly environment: Environment
  /** What each worker is told when it starts; structured-cloneable. */
  readonly briefing?: () => unknown
  /** Called when a worker is ready: what was published while it started it may not have heard. */
  readonly catchUp?: (tell: TellOne) => void
  /** The parent's end of the bus, for who needs it before the workers are there. */
  readonly bus?: BusHub
  readonly log: Log
}

/** Tells one worker what the others have been told. */
export type TellOne = <Payload, Reply>(about: Topic<Payload, Reply>, payload: Payload) => void

export interface StartedGroup {
  readonly component: Component
  readonly bus: BusHub
}

/** @throws the error of binding, or what kept a worker from becoming ready */
export const startWorkerGroup = async (options: StartGroupOptions): Promise<StartedGroup> => {
  const { count, addresses, log, bus = new BusHub(log) } = options
  const state = { isRetiring: false }
  const sockets = await SlotSockets.bind(addresses, count)
  const group = new WorkerGroup({
    count,
    bus,
    log,
    spawn: (slot) => {
      const worker = spawn(slot, sockets, options)
      const tell: TellOne = (about, payload) => worker.send({ type: 'deliver', topic: about.name, payload })
      const catchUp = (): void => {
        // One that takes the place of another while the service retires has not heard of it.
        if (state.isRetiring) tell(retireTopic, null)
        options.catchUp?.(tell)
      }
      void worker.ready.then(catchUp, () => undefined)
      return worker
    },
  })
  const stopListening = obey(group, log)
  const close = async (): Promise<void> => {
    stopListening()
    await group.close()
    sockets.close()
  }
  try {
    const listeners = await group.start()
    const health: Component['health'] = () => groupHealth(bus, count)
    const retire = (): void => {
      state.isRetiring = true
      bus.publish(retireTopic, null)
    }
    return { component: { listeners, health, retire, drain: () => group.drain(), close }, bus }
  } catch (error) {
    await close()
    throw error
  }
}

const spawn = (slot: number, sockets: SlotSockets, options: StartGroupOptions): WorkerProcess =>
  spawnWorker({
    file: options.file,
    commandLine: process.argv.slice(2),
    environment: environmentOf(slot, options),
    descriptors: sockets.descriptors,
    assignment: { type: 'assignment', slot, sockets: sockets.inherited, briefing: options.briefing?.() },
  })

/** A name of its own for each worker; the parent is who is asked for health, and who waits until balancers have noticed. */
const environmentOf = (slot: number, { environment, instance }: StartGroupOptions): Environment => ({
  ...environment,
  SERVICE_INSTANCE: `${instance}.${slot}`,
  SERVICE_HEALTH_PORT: '',
  SERVICE_LAME_DUCK_MS: '',
})

/** Recycles on SIGUSR2, and when a worker passes on that somebody asks for it. @returns how to stop */
const obey = (group: WorkerGroup, log: Log): (() => void) => {
  group.bus.subscribe(workerStatusTopic, () => group.status())
  group.bus.subscribe(recycleTopic, async () => {
    try {
      await group.recycle()
      return { workers: group.status() }
    } catch (error) {
      // Whoever asked is told more than that the log knows.
      log.error({ error }, 'workers could not be recycled')
      return { workers: group.status(), problem: (error as Error).message }
    }
  })
  group.bus.subscribe(replaceTopic, (pid) => group.replace(pid))
  const onSignal = (): void => {
    group.recycle().catch((error: unknown) => log.error({ error }, 'workers could not be recycled'))
  }
  process.on('SIGUSR2', onSignal)
  return () => void process.off('SIGUSR2', onSignal)
}
