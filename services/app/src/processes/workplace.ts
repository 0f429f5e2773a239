/** Where an application works: alone in its process, or as one of several workers; the rest of it need not know which. */
import {
  joinGroup,
  LocalBus,
  topic,
  type AcceptFrom,
  type Channel,
  type InheritedSocket,
  type Topic,
  type WorkerBus,
} from '@roundtrip/worker-group'
import type { Log } from '@roundtrip/http'
import type { Metric } from '@roundtrip/metrics'

/** What to listen on: an address, or a socket that the parent process has bound. */
export type ListenSource = { readonly host: string } & ({ readonly port: number } | InheritedSocket)

export interface Workplace {
  readonly bus: WorkerBus
  /** Processes of this instance. */
  readonly count: number
  /** Whether others may take the place of this process, or work beside it. */
  readonly isShared: boolean
  readonly source: (host: string, port: number) => ListenSource
  /** `accept` is called when the connections of a lost worker are to be taken too; what it resolves with ends that again. */
  readonly onCover: (accept: AcceptFrom) => void
}

/** What a parent tells its workers when they start. */
export interface Briefing {
  readonly count: number
}

/** The figures of a process. */
export const metricsTopic: Topic<null, readonly Metric[]> = topic('process.metrics')

/** The only listener there is. */
export const listenerName = 'http'

export const workAlone = (log: Log): Workplace => ({
  bus: new LocalBus(log),
  count: 1,
  isShared: false,
  source: (host, port) => ({ host, port }),
  onCover: () => undefined,
})

/** @param channel to the parent: `process` in a forked child */
export const workInGroup = async (channel: Channel, log: Log): Promise<Workplace> => {
  const { bus, briefing, socketOf, onCover } = await joinGroup(channel, log)
  return {
    bus,
    count: (briefing as Briefing).count,
    isShared: true,
    // The host is for Fastify, which would look for further addresses of `localhost`.
    source: () => ({ ...socketOf(listenerName), host: '127.0.0.1' }),
    onCover: (accept) => onCover(listenerName, accept),
  }
}
