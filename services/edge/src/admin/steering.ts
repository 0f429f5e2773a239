/** What operators steer a whole edge with, however many processes it has: admin API, settings file, SIGHUP. */
import { RoundtripError } from '@roundtrip/errors'
import type { Log } from '@roundtrip/http'
import type { EdgeSettings } from '../config.ts'
import type { EdgeFile } from '../settings/edge-file.ts'
import { readEdgeFile } from '../settings/read-edge-file.ts'
import { watchFiles } from '../tls/watch-files.ts'
import type { WorkerBus } from '../workers/worker-bus.ts'
import { adminApi } from './admin-api.ts'
import { listenForAdmin, type AdminListener } from './admin-listener.ts'
import { StandingOrders } from './standing-orders.ts'
import { applyTopic, inForceTopic } from './topics.ts'

export interface SteeringOptions {
  /** That the edge was started with. */
  readonly file: EdgeFile
  readonly bus: WorkerBus
  readonly settings: EdgeSettings
  readonly log: Log
}

export interface Steering {
  /** `admin`, when there is an admin API. */
  readonly listeners: Readonly<Record<string, string>>
  close(): void
}

/** @throws the error of `listen` */
export const startSteering = async (options: SteeringOptions): Promise<Steering> => {
  const { settings, log, bus } = options
  let inForce = options.file
  bus.subscribe(inForceTopic, () => inForce)
  const orders = new StandingOrders()
  const stopTelling = orders.tellNewWorkers(bus)
  const reload = async (): Promise<ReloadOutcome> => {
    const { file, ...outcome } = await reloadSettings(options)
    orders.settingsChanged(inForce, file)
    inForce = file
    return outcome
  }
  const reloadOrSay = (): void => {
    reload().catch((error: unknown) => log.error({ error }, 'the new settings cannot be used; the old ones stay'))
  }
  const { adminHost: host, adminPort: port, adminToken: token, settingsFile } = settings
  const admin: AdminListener | undefined =
    port === undefined
      ? undefined
      : await listenForAdmin({ host, port, token, routes: adminApi({ bus, reload, orders }), log })
  const stopWatching =
    settingsFile === undefined ? undefined : watchFiles({ files: [settingsFile], onChange: reloadOrSay })
  process.on('SIGHUP', reloadOrSay)
  return {
    listeners: admin === undefined ? {} : { admin: admin.address },
    close: () => {
      process.off('SIGHUP', reloadOrSay)
      stopWatching?.()
      stopTelling()
      admin?.close()
    },
  }
}

export interface ReloadOutcome {
  readonly workers: number
  /** Parts that have changed and take effect with the next start or recycle only. */
  readonly later: readonly string[]
}

/** Read and checked here, once: every worker gets the same. @throws RoundtripError `SETTINGS_INVALID`, and nothing has changed */
const reloadSettings = async ({
  bus,
  settings,
  log,
}: SteeringOptions): Promise<ReloadOutcome & { readonly file: EdgeFile }> => {
  const file = readEdgeFile(settings)
  const applied = await bus.request(applyTopic, file)
  const problem = applied.find((one) => one.problem !== undefined)?.problem
  if (problem !== undefined) throw new RoundtripError('SETTINGS_INVALID', problem)
  const later = [...new Set(applied.flatMap((one) => one.later))]
  log.info({ workers: applied.length, later }, 'settings reloaded')
  return { file, workers: applied.length, later }
}
