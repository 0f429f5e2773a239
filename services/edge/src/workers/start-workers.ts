/** The edge as a parent of workers, which share its ports and the keys of its session tickets. */
import { join } from 'node:path'
import type { Surroundings } from '@roundtrip/service'
import { BusHub, startWorkerGroup, type Address, type StartedGroup } from '@roundtrip/worker-group'
import type { EdgeSettings } from '../config.ts'
import { rotateTicketKeys } from '../tls/ticket-keys.ts'
import { keepLedger } from './shared-counts.ts'
import { ticketKeysTopic } from './workplace.ts'

export type EdgeSurroundings = Surroundings<EdgeSettings>

export interface StartWorkersOptions {
  readonly surroundings: EdgeSurroundings
  readonly count: number
  readonly ticketRotationMs: number
  /** Most counts of rate limits kept in the parent. */
  readonly maxCounts: number
  /** Of this process: what workers inherit. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Entry point of a worker. */
  readonly file?: string
}

/** @throws the error of binding, or what kept a worker from becoming ready */
export const startWorkers = async (options: StartWorkersOptions): Promise<StartedGroup> => {
  const { surroundings, count, ticketRotationMs, maxCounts, environment } = options
  const { settings, log, instance } = surroundings
  const bus = new BusHub(log)
  keepLedger(bus, maxCounts)
  const keys = rotateTicketKeys({
    rotationMs: ticketRotationMs,
    onRotated: (ticketKeys) => bus.publish(ticketKeysTopic, ticketKeys),
  })
  try {
    const group = await startWorkerGroup({
      count,
      instance,
      addresses: addressesOf(settings),
      file: options.file ?? join(import.meta.dirname, 'main.ts'),
      environment,
      briefing: () => keys.current(),
      bus,
      log,
    })
    const close = async (): Promise<void> => {
      keys.stop()
      await group.component.close()
    }
    return { bus, component: { ...group.component, close } }
  } catch (error) {
    keys.stop()
    throw error
  }
}

const addressesOf = ({ host, httpsPort, httpPort }: EdgeSettings): Address[] => [
  { name: 'https', host, port: httpsPort },
  ...(httpPort === undefined ? [] : [{ name: 'http', host, port: httpPort }]),
]
