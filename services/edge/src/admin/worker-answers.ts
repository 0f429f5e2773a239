/** What one worker process says of itself, and does, when the admin API asks. */
import { Fields, type HttpRequest, type ServerConnection } from '@roundtrip/http'
import { explain, keyBy } from '@roundtrip/http-cache'
import { RoundtripError } from '@roundtrip/errors'
import type { Pool } from '@roundtrip/upstream'
import type { WorkerBus } from '@roundtrip/worker-group'
import type { Listeners } from '../listener/open-listeners.ts'
import { collectMetrics, type Measured } from '../metrics/collect.ts'
import { countsOf } from '../metrics/group-metrics.ts'
import type { Http2Servers } from '../metrics/http2-metrics.ts'
import type { Http1Servers } from '../metrics/server-metrics.ts'
import type { PurgeRelay } from '../purge/purge-relay.ts'
import type { EdgeRuntime } from '../runtime/edge-runtime.ts'
import { edgeFile } from '../settings/edge-file.ts'
import { withoutSecrets } from '../settings/without-secrets.ts'
import type { Certificate } from '../tls/certificate.ts'
import { requestUrl, type RequestUrl } from './request-url.ts'
import {
  applyTopic,
  cacheTopic,
  certificatesTopic,
  connectionsTopic,
  explainTopic,
  lastMetricsTopic,
  memberTopic,
  metricsTopic,
  poolsTopic,
  purgeTopic,
  settingsTopic,
  shareTopic,
  slowTopic,
  workerStartedTopic,
  type Applied,
  type CertificateRow,
  type ConnectionRow,
  type Done,
  type Explained,
  type MemberOrder,
  type Purged,
  type PurgeOrder,
  type Supposed,
} from './topics.ts'

export interface Answering {
  readonly bus: WorkerBus
  readonly runtime: EdgeRuntime
  readonly listeners: Listeners
  readonly http1: Http1Servers
  readonly http2: Http2Servers
  readonly purges: Pick<PurgeRelay, 'carryOut' | 'close' | 'id' | 'isConnected' | 'share' | 'waiting'>
  /** Number of the settings. */
  readonly startedWith: number
}

/** @returns stops answering */
export const answerAdmin = ({
  bus,
  runtime,
  listeners,
  http1,
  http2,
  purges,
  startedWith,
}: Answering): (() => void) => {
  const stops = [
    bus.subscribe(poolsTopic, () => [...runtime.pools.values()].map((pool) => pool.status())),
    bus.subscribe(memberTopic, (order) => obey(order, runtime.pools)),
    bus.subscribe(cacheTopic, () => runtime.store.stats()),
    bus.subscribe(explainTopic, (supposed) => explainHere(supposed, runtime)),
    bus.subscribe(purgeTopic, (order) => purgeHere(order, runtime, purges)),
    bus.subscribe(shareTopic, ({ relay, note }) => (relay === purges.id ? purges.share(note) : undefined)),
    bus.subscribe(connectionsTopic, () => connectionRows(listeners.connections(), Date.now())),
    bus.subscribe(certificatesTopic, () => listeners.certificates().map(certificateRow)),
    bus.subscribe(slowTopic, () => runtime.slow.recent()),
    bus.subscribe(settingsTopic, () => withoutSecrets(edgeFile, runtime.file)),
    bus.subscribe(applyTopic, (file) => attempt<Applied>(() => ({ later: runtime.apply(file) }), { later: [] })),
    bus.subscribe(metricsTopic, () => ({
      pid: process.pid,
      metrics: collectMetrics({ runtime, listeners, http1, http2, purges }),
    })),
  ]
  bus.publish(workerStartedTopic, startedWith)
  return () => {
    for (const stop of stops) stop()
  }
}

/** Milliseconds; less than closing may take. */
const lastWordTimeoutMs = 1000

/** Resolves when the parent has heard what this worker has counted, which then lives on there. */
export const tellLastMetrics = async ({ bus, ...measured }: Measured & { readonly bus: WorkerBus }): Promise<void> => {
  const metrics = countsOf(collectMetrics(measured))
  // Asked, not told: a process that exits takes along what has not been read.
  await bus.request(lastMetricsTopic, { pid: process.pid, metrics }, { timeoutMs: lastWordTimeoutMs })
}

/** What went wrong is told to whoever asked, not only to the log of this worker. */
const attempt = <T extends Done>(act: () => T, otherwise: T): T => {
  try {
    return act()
  } catch (error) {
    if (error instanceof RoundtripError) return { ...otherwise, problem: error.message }
    throw error
  }
}

const obey = (order: MemberOrder, pools: ReadonlyMap<string, Pool>): Done =>
  attempt(() => {
    const pool = pools.get(order.pool)
    if (pool === undefined) {
      throw new RoundtripError(
        'NOT_FOUND',
        `There is no pool ${order.pool}: there are ${[...pools.keys()].join(', ')}.`,
      )
    }
    carryOut(order, pool)
    return {}
  }, {})

/** Before work that is not waited for: nobody would hear of its failure but the process, which would end. */
const mustHave = (pool: Pool, member: string): void => {
  if (pool.members.some(({ name, origin }) => name === member || origin === member)) return
  const names = pool.members.map(({ name }) => name)
  throw new RoundtripError('NOT_FOUND', `The pool ${pool.name} has no member ${member}: there are ${names.join(', ')}.`)
}

/** Draining and removal end when exchanges do, or at the pool's `drainTimeoutMs`; that can be watched, and is not waited for. */
const carryOut = (order: MemberOrder, pool: Pool): void => {
  switch (order.order) {
    case 'drain':
      mustHave(pool, order.member)
      return void pool.drainMember(order.member)
    case 'restore':
      mustHave(pool, order.member)
      return pool.restoreMember(order.member)
    case 'remove':
      mustHave(pool, order.member)
      return void pool.removeMember(order.member)
    case 'weight':
      mustHave(pool, order.member)
      return pool.setWeight(order.member, order.weight)
    case 'add':
      return pool.addMember({ origin: order.member, weight: order.weight })
  }
}

const requestFor = (
  { scheme, authority, target }: RequestUrl,
  { method, fields }: Omit<Supposed, 'url'>,
): HttpRequest => ({
  method,
  target,
  scheme,
  authority,
  fields: Fields.adopt(fields.flat()),
  body: undefined,
  httpVersion: '1.1',
})

const explainHere = ({ url, ...supposed }: Supposed, runtime: EdgeRuntime): Explained => {
  const request = requestFor(url, supposed)
  const route = runtime.routeOf(request)
  if (route === undefined) return { problem: 'No route takes this URL.' }
  return { explanation: { route: route.name, ...explain(request, { store: runtime.store, settings: route.cache }) } }
}

/** Others are told by whoever asks. */
const purgeHere = (order: PurgeOrder, runtime: EdgeRuntime, purges: Answering['purges']): Purged => {
  const command = 'url' in order.command ? { ...order.command, url: keyOf(order.command.url, runtime) } : order.command
  const relay = purges.isConnected === undefined ? undefined : purges.id
  return { count: purges.carryOut({ ...order, command }), command, relay }
}

/** Under which the cache of its route keeps a URL. */
const keyOf = (url: string, runtime: EdgeRuntime): string => {
  const request = requestFor(requestUrl(url), { method: 'GET', fields: [] })
  const route = runtime.routeOf(request)
  return route === undefined ? url : keyBy(route.cache.key)(request)
}

const certificateRow = ({ names, fingerprint, expiresAt }: Certificate): CertificateRow => ({
  names,
  expires: new Date(expiresAt).toISOString(),
  fingerprint,
})

const connectionRows = (
  byListener: Readonly<Record<string, Iterable<ServerConnection>>>,
  nowMs: number,
): ConnectionRow[] =>
  Object.entries(byListener).flatMap(([listener, connections]) =>
    Array.from(connections, ({ protocol, address, since, requests, inFlight }) => ({
      listener,
      protocol,
      client: address,
      ageMs: Math.max(0, nowMs - since),
      requests,
      inFlight,
    })),
  )
