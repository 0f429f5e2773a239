/** What operators can ask of an edge and do with it, over JSON: each route puts a question to all workers and merges what they say. */
import { RoundtripError } from '@roundtrip/errors'
import type { PurgeCommand } from '@roundtrip/http-cache'
import { addUp, expose } from '../metrics/exposition.ts'
import { recycleTopic, workerStatusTopic } from '../workers/start-workers.ts'
import type { WorkerBus } from '../workers/worker-bus.ts'
import { processFiguresTopic } from '../workers/workplace.ts'
import type { AdminHandler, AdminRequest, AdminRoutes } from './admin-listener.ts'
import { addFigures, mergePools } from './merge.ts'
import {
  cacheTopic,
  connectionsTopic,
  explainTopic,
  memberTopic,
  metricsTopic,
  poolsTopic,
  purgeTopic,
  settingsTopic,
  slowTopic,
  type MemberOrder,
  type Purged,
} from './topics.ts'

export interface AdminApiOptions {
  readonly bus: WorkerBus
  /** Reads the settings file again. @throws RoundtripError `SETTINGS_INVALID`, and nothing has changed */
  readonly reload: () => Promise<unknown>
}

const badRequest = (detail: string): RoundtripError => new RoundtripError('BAD_REQUEST', detail)

const memberOf = ({ parameters }: AdminRequest): { pool: string; member: string } => ({
  pool: parameters['pool'] ?? '',
  member: parameters['member'] ?? '',
})

const weightOf = ({ body }: AdminRequest, otherwise?: number): number => {
  const weight = body['weight'] ?? otherwise
  if (typeof weight === 'number' && Number.isInteger(weight) && weight >= 0) return weight
  throw badRequest('Say which weight: {"weight": 5}.')
}

const purgeCommand = ({ body }: AdminRequest): PurgeCommand => {
  const { soft = false, ...what } = body
  const [[kind, value] = ['', undefined], second] = Object.entries(what)
  const isList = Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')
  const isWhole = second === undefined && typeof soft === 'boolean'
  if (isWhole && kind === 'surrogateKeys' && isList) return { soft, surrogateKeys: value }
  if (isWhole && typeof value === 'string' && (kind === 'url' || kind === 'prefix')) {
    if (!URL.canParse(value))
      throw badRequest(`${value} is not a URL: write it whole, such as https://www.example.com/.`)
    // As requests have it: scheme and host in lower case, no default port.
    const { origin } = new URL(value)
    const rest = value.slice(value.indexOf('/', value.indexOf('://') + 3))
    const url = origin + (rest.startsWith('/') ? rest : '/')
    return kind === 'url' ? { soft, url } : { soft, prefix: url }
  }
  if (isWhole && kind === 'host' && typeof value === 'string') return { soft, host: value }
  throw badRequest(
    'Say one thing to purge: {"url": …}, {"prefix": …}, {"host": …} or {"surrogateKeys": […]}, and "soft": true if need be.',
  )
}

const supposed = ({ query }: AdminRequest) => {
  const url = query.get('url') ?? ''
  if (!URL.canParse(url)) throw badRequest('Say for which URL: ?url=https://www.example.com/.')
  const fields = query.getAll('header').map((line): readonly [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
  })
  return { url, method: query.get('method') ?? 'GET', fields }
}

/** Whether the edges that share a Redis with this one hear of a purge now, later, or never. */
const othersHear = (purged: readonly Purged[]): 'told' | 'later' | 'none' => {
  if (purged.every(({ isShared }) => isShared === undefined)) return 'none'
  return purged.every(({ isShared }) => isShared === true) ? 'told' : 'later'
}

/** One worker's answer by itself; several as a list. */
const alone = <T>(answers: readonly T[]): T | readonly T[] => (answers.length === 1 ? (answers[0] as T) : answers)

export const adminApi = ({ bus, reload }: AdminApiOptions): AdminRoutes => {
  const order = async (what: MemberOrder): Promise<object> => {
    const done = await bus.request(memberTopic, what)
    const problem = done.find((one) => one.problem !== undefined)?.problem
    if (problem !== undefined) throw new RoundtripError('NOT_FOUND', problem)
    return { ...what, workers: done.length }
  }
  const routes: Record<string, AdminHandler> = {
    'GET /pools': async () => mergePools(await bus.request(poolsTopic, null)),
    'POST /pools/:pool/members/:member/drain': (request) => order({ ...memberOf(request), order: 'drain' }),
    'POST /pools/:pool/members/:member/restore': (request) => order({ ...memberOf(request), order: 'restore' }),
    'POST /pools/:pool/members/:member/weight': (request) =>
      order({ ...memberOf(request), order: 'weight', weight: weightOf(request) }),
    /** The member is an origin here, escaped: `http%3A%2F%2F10.0.0.5%3A8080`. */
    'POST /pools/:pool/members/:member/add': (request) =>
      order({ ...memberOf(request), order: 'add', weight: weightOf(request, 1) }),
    'POST /pools/:pool/members/:member/remove': (request) => order({ ...memberOf(request), order: 'remove' }),
    'GET /cache': async () => addFigures(await bus.request(cacheTopic, null)) ?? {},
    'GET /cache/explain': async (request) => alone(await bus.request(explainTopic, supposed(request))),
    'POST /cache/purge': async (request) => {
      const purged = await bus.request(purgeTopic, purgeCommand(request))
      return {
        purged: purged.reduce((sum, { count }) => sum + count, 0),
        workers: purged.length,
        others: othersHear(purged),
      }
    },
    'GET /connections': async () => (await bus.request(connectionsTopic, null)).flat(),
    'GET /slow': async () => (await bus.request(slowTopic, null)).flat().toSorted((a, b) => b.at.localeCompare(a.at)),
    'GET /settings': async () => (await bus.request(settingsTopic, null))[0] ?? {},
    'GET /metrics': async () => expose(addUp(await bus.request(metricsTopic, null))),
    'GET /workers': async () => {
      const [status = []] = await bus.request(workerStatusTopic, null)
      return { workers: status, processes: await bus.request(processFiguresTopic, null) }
    },
    'POST /reload': async () => reload(),
    'POST /recycle': async () => {
      const [status] = await bus.request(recycleTopic, null, { timeoutMs: 120_000 })
      if (status === undefined) throw new RoundtripError('CONFLICT', 'There is one process only: EDGE_WORKERS is 1.')
      return status
    },
  }
  return { 'GET /': async () => ({ routes: Object.keys(routes) }), ...routes }
}
