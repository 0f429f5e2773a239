/** What operators steer a whole edge with, however many processes it has: admin API, settings file, SIGHUP. */
import { RoundtripError } from '@roundtrip/errors'
import type { Log } from '@roundtrip/http'
import { workerStatusTopic, type WorkerBus } from '@roundtrip/worker-group'
import type { EdgeSettings } from '../config.ts'
import type { EdgeFile } from '../settings/edge-file.ts'
import { readEdgeFile } from '../settings/read-edge-file.ts'
import type { SettingsInForce } from '../settings/settings-in-force.ts'
import { watchFiles } from '../tls/watch-files.ts'
import { adminApi } from './admin-api.ts'
import { listenForAdmin, type AdminListener } from './admin-listener.ts'
import { StandingOrders } from './standing-orders.ts'
import { applyTopic, workerStartedTopic } from './topics.ts'

export interface SteeringOptions {
  readonly inForce: SettingsInForce
  /** Of the settings file when it was read. */
  readonly signature?: string
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
  const { settings, log, bus, inForce, signature } = options
  const orders = new StandingOrders()
  const reloadOnce = async (): Promise<ReloadOutcome> => {
    const file = readEdgeFile(settings)
    const outcome = await applyEverywhere(file, inForce.now.file, bus)
    orders.settingsChanged(inForce.now.file, file)
    inForce.replace(file)
    log.info(outcome, 'settings reloaded')
    return outcome
  }
  // One after the other: what one takes back must not be what the next has brought.
  const inTurn = oneByOne()
  const reload = (): Promise<ReloadOutcome> => inTurn(reloadOnce)
  const stopTelling = bus.subscribe(workerStartedTopic, (number) => {
    orders.tell(bus)
    // After a reload that is under way: the worker may have begun to listen in the middle of it.
    void inTurn(async () => {
      if (number !== inForce.now.number && (await catchUp(inForce.now.file, bus, log))) orders.tell(bus)
    })
  })
  const reloadOrSay = (): void => {
    reload().catch((error: unknown) => log.error({ error }, 'the new settings cannot be used; the old ones stay'))
  }
  const { adminHost: host, adminPort: port, adminToken: token, settingsFile } = settings
  const admin: AdminListener | undefined =
    port === undefined
      ? undefined
      : await listenForAdmin({ host, port, token, routes: adminApi({ bus, reload, orders }), log })
  const stopWatching =
    settingsFile === undefined
      ? undefined
      : watchFiles({ files: [settingsFile], known: signature, onChange: reloadOrSay })
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

const oneByOne = (): (<T>(work: () => Promise<T>) => Promise<T>) => {
  let before: Promise<unknown> = Promise.resolve()
  return (work) => {
    const outcome = before.then(work)
    before = outcome.catch(() => undefined)
    return outcome
  }
}

export interface ReloadOutcome {
  readonly workers: number
  /** Parts that have changed and take effect with the next start or recycle only. */
  readonly later: readonly string[]
}

/** Milliseconds; a worker may have many pipelines to build, and requests beside them. */
const applyTimeoutMs = 5000

/**
 * Read and checked by the parent, once: every worker gets the same, and all go back when one of them cannot take it.
 *
 * @throws RoundtripError `SETTINGS_INVALID` or `WORKER_FAILED`, and nothing has changed
 */
const applyEverywhere = async (file: EdgeFile, inForce: EdgeFile, bus: WorkerBus): Promise<ReloadOutcome> => {
  const [status] = await bus.request(workerStatusTopic, null)
  const expected = status?.filter(({ state }) => state === 'ready').length ?? 1
  const answers = await bus.request(applyTopic, file, { timeoutMs: applyTimeoutMs })
  const problem = answers.find((one) => one.problem !== undefined)?.problem
  if (problem === undefined && answers.length >= expected)
    return { workers: answers.length, later: [...new Set(answers.flatMap(({ later }) => later))] }
  await bus.request(applyTopic, inForce, { timeoutMs: applyTimeoutMs })
  if (problem !== undefined) throw new RoundtripError('SETTINGS_INVALID', problem)
  throw new RoundtripError(
    'WORKER_FAILED',
    `Only ${answers.length} of ${expected} workers could take the settings over: the old ones stay; try again.`,
  )
}

/** For a worker that has started with settings which are not in force any more; for all others it changes nothing. */
const catchUp = async (file: EdgeFile, bus: WorkerBus, log: Log): Promise<boolean> => {
  const answers = await bus.request(applyTopic, file, { timeoutMs: applyTimeoutMs })
  const problem = answers.find((one) => one.problem !== undefined)?.problem
  if (problem !== undefined) log.error({ problem }, 'a worker that has just started cannot take the settings over')
  return problem === undefined
}
