/** Where an edge works: alone in its process, or as one of several workers; the rest of the edge need not know which. */
import type { Log } from '@roundtrip/http'
import type { Settle } from '@roundtrip/rate-limit'
import { LocalBus, reportFigures, topic, type Topic, type WorkerBus } from '@roundtrip/worker-group'
import type { ListenSource } from '../listener/listener.ts'
import type { NumberedSettings } from '../settings/settings-in-force.ts'
import type { CertificateSources } from '../tls/presented-certificates.ts'
import type { Presented } from '../tls/terminator.ts'
import { rotateTicketKeys } from '../tls/ticket-keys.ts'

/** New keys for session tickets, from whoever makes them. */
export const ticketKeysTopic: Topic<Uint8Array> = topic('tls.ticket-keys')

/** Asks the parent what certificate files last held; nobody replies in a process that is alone. */
export const presentedTopic: Topic<CertificateSources, Presented> = topic('tls.presented')

/** What a source of connections is for. */
export type ListenerName = 'https' | 'http'

/** What the parent tells a worker when it starts. */
export interface Briefing {
  readonly ticketKeys: Uint8Array
  readonly settings: NumberedSettings
}

export interface Workplace {
  readonly bus: WorkerBus
  /** To begin with; still to be read where undefined. */
  readonly settings?: NumberedSettings
  /** Keys for session tickets, until `ticketKeysTopic` brings others. */
  readonly ticketKeys: Buffer
  /** Makes the rate limits of all workers one; undefined for who is alone. */
  readonly settle: Settle | undefined
  /** Where a listener takes its connections from. */
  source(name: ListenerName, host: string, port: number): ListenSource
  /** `accept` is called when the connections of a lost worker are to be taken too; what it resolves with ends that again. */
  onCover(name: ListenerName, accept: (source: ListenSource) => Promise<() => void>): void
}

/** The workplace of an edge that is one process. */
export const workAlone = (log: Log, ticketRotationMs: number, settings?: NumberedSettings): Workplace => {
  const bus = new LocalBus(log)
  const rotation = rotateTicketKeys({
    rotationMs: ticketRotationMs,
    onRotated: (keys) => bus.publish(ticketKeysTopic, keys),
  })
  reportFigures(bus, 1)
  return {
    bus,
    ...(settings !== undefined && { settings }),
    ticketKeys: rotation.current(),
    settle: undefined,
    source: (_name, host, port) => ({ host, port }),
    onCover: () => undefined,
  }
}
