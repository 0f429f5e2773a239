/** The edge as a parent of workers, which share its ports and the keys of its session tickets. */
import { join } from 'node:path'
import type { Surroundings } from '@roundtrip/service'
import { BusHub, startWorkerGroup, type Address, type StartedGroup } from '@roundtrip/worker-group'
import type { EdgeSettings } from '../config.ts'
import type { SettingsInForce } from '../settings/settings-in-force.ts'
import { CertificateMemory } from '../tls/certificate-memory.ts'
import { rotateTicketKeys } from '../tls/ticket-keys.ts'
import { keepLedger } from './shared-counts.ts'
import { presentedTopic, ticketKeysTopic, type Briefing } from './workplace.ts'

export type EdgeSurroundings = Surroundings<EdgeSettings>

export interface StartWorkersOptions {
  readonly surroundings: EdgeSurroundings
  readonly count: number
  readonly inForce: SettingsInForce
  /** Of this process: what workers inherit. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Entry point of a worker. */
  readonly file?: string
}

/** @throws the error of binding, or what kept a worker from becoming ready */
export const startWorkers = async (options: StartWorkersOptions): Promise<StartedGroup> => {
  const { surroundings, count, inForce, environment } = options
  const { settings, log, instance } = surroundings
  const bus = new BusHub(log)
  const { tls, rateLimiter } = inForce.now.file
  keepLedger(bus, rateLimiter.maxKeys)
  const certificates = new CertificateMemory({ first: settings, tls, log })
  inForce.onReplaced = (replaced) => certificates.follow(replaced.tls)
  bus.subscribe(presentedTopic, (sources) => certificates.read(sources))
  const keys = rotateTicketKeys({
    rotationMs: tls.ticketRotationMs,
    onRotated: (ticketKeys) => bus.publish(ticketKeysTopic, ticketKeys),
  })
  const stop = (): void => {
    keys.stop()
    certificates.stop()
  }
  try {
    const group = await startWorkerGroup({
      count,
      instance,
      addresses: addressesOf(settings),
      file: options.file ?? join(import.meta.dirname, 'main.ts'),
      environment,
      briefing: (): Briefing => ({ ticketKeys: keys.current(), settings: inForce.now }),
      catchUp: (tell) => tell(ticketKeysTopic, keys.current()),
      bus,
      log,
    })
    const close = async (): Promise<void> => {
      stop()
      await group.component.close()
    }
    return { bus, component: { ...group.component, close } }
  } catch (error) {
    stop()
    throw error
  }
}

const addressesOf = ({ host, httpsPort, httpPort }: EdgeSettings): Address[] => [
  { name: 'https', host, port: httpsPort },
  ...(httpPort === undefined ? [] : [{ name: 'http', host, port: httpPort }]),
]
