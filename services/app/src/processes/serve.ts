/** Serves the application at its workplace: takes its connections, answers for itself there, and goes when it has done enough. */
import type { Metric } from '@roundtrip/metrics'
import { addressOf, type Health } from '@roundtrip/service'
import { groupHealth, healthTopic, replaceTopic, retireTopic } from '@roundtrip/worker-group'
import type { AppSettings } from '../config.ts'
import type { AppHealth } from '../health.ts'
import { Connections } from '../http/connections.ts'
import { closeConnectionsOnDrain } from '../http/drain.ts'
import type { AppServer } from '../http/server.ts'
import { requestLimit } from './request-limit.ts'
import { metricsTopic, type Workplace } from './workplace.ts'

export interface ServeOptions {
  readonly settings: Pick<AppSettings, 'host' | 'port' | 'maxRequests'>
  readonly workplace: Workplace
  /** Of this process. */
  readonly own: Pick<AppHealth, 'health' | 'retire'>
  readonly metrics: () => readonly Metric[]
}

export interface Serving {
  /** As bound. */
  readonly address: string
  /** Stops accepting; resolves when every connection has been closed, each after its last answer. */
  drain(): Promise<void>
}

/** The health of the whole instance: whoever asks one of its processes means them all. */
export const instanceHealth = (
  { bus, count, isShared }: Workplace,
  own: ServeOptions['own'],
): (() => Promise<Health>) => (isShared ? () => groupHealth(bus, count) : own.health)

/** @throws the error of `listen` */
export const serve = async (app: AppServer, { settings, workplace, own, metrics }: ServeOptions): Promise<Serving> => {
  const { host, port, maxRequests } = settings
  const { bus } = workplace
  const connections = new Connections(app.server, { log: app.log })
  closeConnectionsOnDrain(app, connections)
  requestLimit(app, { maxRequests, onReached: () => bus.publish(replaceTopic, process.pid) })
  bus.subscribe(healthTopic, own.health)
  bus.subscribe(retireTopic, own.retire)
  bus.subscribe(metricsTopic, metrics)
  await app.listen({ ...workplace.source(host, port) })
  workplace.onCover((socket) => connections.accept(socket))
  return {
    address: addressOf(app.server),
    drain: async () => {
      own.retire()
      await connections.drain()
      await app.close()
    },
  }
}
