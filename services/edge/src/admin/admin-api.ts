/** What operators can ask of an edge and do with it, over JSON: each route puts a question to all workers and merges what they say. */
import { RoundtripError } from '@roundtrip/errors'
import { expose } from '@roundtrip/metrics'
import { processFiguresTopic, recycleTopic, workerStatusTopic, type WorkerBus } from '@roundtrip/worker-group'
import { GroupMetrics } from '../metrics/group-metrics.ts'
import type { AdminHandler, AdminRequest, AdminRoutes } from './admin-listener.ts'
import { addFigures, mergeCertificates, mergePools } from './merge.ts'
import { purgeCommand } from './purge-command.ts'
import { purgeEverywhere } from './purge-everywhere.ts'
import { requestUrl } from './request-url.ts'
import type { StandingOrders } from './standing-orders.ts'
import {
  cacheTopic,
  certificatesTopic,
  connectionsTopic,
  explainTopic,
  memberTopic,
  poolsTopic,
  settingsTopic,
  slowTopic,
  type Done,
  type MemberOrder,
  type Supposed,
} from './topics.ts'

export interface AdminApiOptions {
  readonly bus: WorkerBus
  /** Reads the settings file again. @throws RoundtripError `SETTINGS_INVALID`, and nothing has changed */
  readonly reload: () => Promise<unknown>
  readonly orders: Pick<StandingOrders, 'note'>
}

const badRequest = (detail: string): RoundtripError => new RoundtripError('BAD_REQUEST', detail)

const memberOf = ({ parameters }: AdminRequest): { pool: string; member: string } => ({
  pool: parameters['pool'] ?? '',
  member: parameters['member'] ?? '',
})

const originOf = (request: AdminRequest): string => {
  const { member } = memberOf(request)
  if (/^https?:\/\/[^/?#@\s]+$/.test(member) && URL.canParse(member)) return new URL(member).origin
  throw badRequest(`${member} is no origin: write one such as http://10.0.0.5:8080, escaped.`)
}

const weightOf = ({ body }: AdminRequest, otherwise?: number): number => {
  const weight = body['weight'] ?? otherwise
  if (typeof weight === 'number' && Number.isInteger(weight) && weight >= 0 && weight <= 1000) return weight
  throw badRequest('Say which weight, from 0 to 1000: {"weight": 5}.')
}

const supposed = ({ query }: AdminRequest): Supposed => {
  const fields = query.getAll('header').map((line): readonly [string, string] => {
    const colon = line.indexOf(':')
    if (colon < 1) throw badRequest(`${line} is no header field: write header=name:value.`)
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
  })
  const url = query.get('url')
  if (url === null) throw badRequest('Say for which URL: ?url=https://www.example.com/.')
  return { url: requestUrl(url), method: (query.get('method') ?? 'GET').toUpperCase(), fields }
}

const refuseProblem = (done: readonly Done[]): void => {
  const problem = done.find((one) => one.problem !== undefined)?.problem
  if (problem !== undefined) throw new RoundtripError('NOT_FOUND', problem)
}

/** A file that cannot be used is no failure of the edge, which goes on with what it has. */
const refuseSettings = (error: unknown): never => {
  if (!(error instanceof RoundtripError) || error.code !== 'SETTINGS_INVALID') throw error
  throw new RoundtripError('UNPROCESSABLE', error.message, { cause: error })
}

/** One worker's answer by itself; several as a list. */
const alone = <T>(answers: readonly T[]): T | readonly T[] => (answers.length === 1 ? (answers[0] as T) : answers)

const stillRecycling =
  'Not all workers are replaced after two minutes. It goes on; GET /workers shows how long each has been there.'

export const adminApi = ({ bus, reload, orders }: AdminApiOptions): AdminRoutes => {
  const purge = purgeEverywhere(bus)
  const metrics = new GroupMetrics(bus)
  const order = async (what: MemberOrder): Promise<object> => {
    const done = await bus.request(memberTopic, what)
    refuseProblem(done)
    orders.note(what)
    return { ...what, workers: done.length }
  }
  const routes: Record<string, AdminHandler> = {
    'GET /pools': async () => mergePools(await bus.request(poolsTopic, null)),
    'POST /pools/:pool/members/:member/drain': (request) => order({ ...memberOf(request), order: 'drain' }),
    'POST /pools/:pool/members/:member/restore': (request) => order({ ...memberOf(request), order: 'restore' }),
    'POST /pools/:pool/members/:member/weight': async (request) =>
      order({ ...memberOf(request), order: 'weight', weight: weightOf(request) }),
    /** The member is an origin here, escaped: `http%3A%2F%2F10.0.0.5%3A8080`. */
    'POST /pools/:pool/members/:member/add': async (request) =>
      order({ ...memberOf(request), member: originOf(request), order: 'add', weight: weightOf(request, 1) }),
    'POST /pools/:pool/members/:member/remove': (request) => order({ ...memberOf(request), order: 'remove' }),
    'GET /cache': async () => addFigures(await bus.request(cacheTopic, null)) ?? {},
    'GET /cache/explain': async (request) => {
      const explained = await bus.request(explainTopic, supposed(request))
      refuseProblem(explained)
      return alone(explained.flatMap(({ explanation }) => explanation ?? []))
    },
    'POST /cache/purge': async ({ body }) => purge(purgeCommand(body)),
    'GET /connections': async () => (await bus.request(connectionsTopic, null)).flat(),
    'GET /certificates': async () => mergeCertificates(await bus.request(certificatesTopic, null)),
    'GET /slow': async () => (await bus.request(slowTopic, null)).flat().toSorted((a, b) => b.at.localeCompare(a.at)),
    'GET /settings': async () => (await bus.request(settingsTopic, null))[0] ?? {},
    'GET /metrics': async () => expose(await metrics.read()),
    'GET /workers': async () => {
      const [status = []] = await bus.request(workerStatusTopic, null)
      return { workers: status, processes: await bus.request(processFiguresTopic, null) }
    },
    'POST /reload': () => reload().catch(refuseSettings),
    'POST /recycle': async () => {
      const [before] = await bus.request(workerStatusTopic, null)
      if (before === undefined) throw new RoundtripError('CONFLICT', 'There is one process only: EDGE_WORKERS is 1.')
      const [recycled] = await bus.request(recycleTopic, null, { timeoutMs: 120_000 })
      if (recycled === undefined) throw new RoundtripError('WORKER_FAILED', stillRecycling)
      if (recycled.problem !== undefined)
        throw new RoundtripError(
          'WORKER_FAILED',
          `Not all workers were replaced; the others go on. ${recycled.problem}`,
        )
      return recycled.workers
    },
  }
  return { 'GET /': async () => ({ routes: Object.keys(routes) }), ...routes }
}
