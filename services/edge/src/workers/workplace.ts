/** Where an edge works: alone in its process, or as one of several workers; the rest of the edge need not know which. */
import type { Log } from '@roundtrip/http'
import type { ListenSource } from '../listener/listener.ts'
import { rotateTicketKeys } from '../tls/ticket-keys.ts'
import { LocalBus } from './local-bus.ts'
import { topic, type Topic, type WorkerBus } from './worker-bus.ts'

/** New keys for session tickets, from whoever makes them. */
export const ticketKeysTopic: Topic<Uint8Array> = topic('tls.ticket-keys')

/** The figures of a process. */
export interface ProcessFigures {
  readonly pid: number
  /** Of the worker; 1 where there is only one process. */
  readonly slot: number
  readonly uptimeMs: number
  readonly memoryBytes: number
  readonly heapBytes: number
}

export const processFiguresTopic: Topic<null, ProcessFigures> = topic('process.figures')

/** What a source of connections is for. */
export type ListenerName = 'https' | 'http'

export interface Workplace {
  readonly bus: WorkerBus
  /** Keys for session tickets, until `ticketKeysTopic` brings others. */
  readonly ticketKeys: Buffer
  /** Where a listener takes its connections from. */
  source(name: ListenerName, host: string, port: number): ListenSource
  /** `accept` is called when the connections of a lost worker are to be taken too; what it resolves with ends that again. */
  onCover(name: ListenerName, accept: (source: ListenSource) => Promise<() => void>): void
}

/** The workplace of an edge that is one process. */
export const workAlone = (log: Log, ticketRotationMs: number): Workplace => {
  const bus = new LocalBus(log)
  const rotation = rotateTicketKeys({
    rotationMs: ticketRotationMs,
    onRotated: (keys) => bus.publish(ticketKeysTopic, keys),
  })
  reportFigures(bus, 1)
  return {
    bus,
    ticketKeys: rotation.current(),
    source: (_name, host, port) => ({ host, port }),
    onCover: () => undefined,
  }
}

/** Answers `processFiguresTopic`. */
export const reportFigures = (bus: WorkerBus, slot: number): void => {
  bus.subscribe(processFiguresTopic, () => {
    const { rss, heapUsed } = process.memoryUsage()
    return {
      pid: process.pid,
      slot,
      uptimeMs: Math.round(process.uptime() * 1000),
      memoryBytes: rss,
      heapBytes: heapUsed,
    }
  })
}
