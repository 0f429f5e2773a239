/** What one worker process says of itself, and does, when the admin API asks. */
import { Fields, type HttpRequest, type ServerConnection } from '@roundtrip/http'
import { explain } from '@roundtrip/http-cache'
import { RoundtripError } from '@roundtrip/errors'
import type { Pool } from '@roundtrip/upstream'
import type { Listeners } from '../listener/open-listeners.ts'
import { collectMetrics } from '../metrics/collect.ts'
import type { PurgeRelay } from '../purge/purge-relay.ts'
import type { EdgeRuntime } from '../runtime/edge-runtime.ts'
import type { WorkerBus } from '../workers/worker-bus.ts'
import {
  applyTopic,
  cacheTopic,
  connectionsTopic,
  explainTopic,
  memberTopic,
  metricsTopic,
  poolsTopic,
  purgeTopic,
  settingsTopic,
  slowTopic,
  type Applied,
  type ConnectionRow,
  type Done,
  type MemberOrder,
  type Supposed,
} from './topics.ts'

export interface Answering {
  readonly bus: WorkerBus
  readonly runtime: EdgeRuntime
  readonly listeners: Listeners
  readonly purges: Pick<PurgeRelay, 'isConnected'>
}

/** @returns stops answering */
export const answerAdmin = ({ bus, runtime, listeners, purges }: Answering): (() => void) => {
  const stops = [
    bus.subscribe(poolsTopic, () => [...runtime.pools.values()].map((pool) => pool.status())),
    bus.subscribe(memberTopic, (order) => obey(order, runtime.pools)),
    bus.subscribe(cacheTopic, () => runtime.store.stats()),
    bus.subscribe(explainTopic, (supposed) => explainHere(supposed, runtime)),
    bus.subscribe(purgeTopic, (command) => ({ count: runtime.store.purge(command), isShared: purges.isConnected })),
    bus.subscribe(connectionsTopic, () => connectionRows(listeners.connections(), Date.now())),
    bus.subscribe(slowTopic, () => runtime.slow.recent()),
    bus.subscribe(settingsTopic, () => runtime.file),
    bus.subscribe(applyTopic, (file) => attempt<Applied>(() => ({ later: runtime.apply(file) }), { later: [] })),
    bus.subscribe(metricsTopic, () => collectMetrics(runtime, listeners)),
  ]
  return () => {
    for (const stop of stops) stop()
  }
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
  const names = pool.status().members.map(({ name }) => name)
  if (names.includes(member)) return
  throw new RoundtripError('NOT_FOUND', `The pool has no member ${member}: there are ${names.join(', ')}.`)
}

/** Draining and removal end when exchanges do; that can be watched, and is not waited for. */
const carryOut = (order: MemberOrder, pool: Pool): void => {
  switch (order.order) {
    case 'drain':
      mustHave(pool, order.member)
      return void pool.drainMember(order.member)
    case 'restore':
      return pool.restoreMember(order.member)
    case 'remove':
      mustHave(pool, order.member)
      return void pool.removeMember(order.member)
    case 'weight':
      return pool.setWeight(order.member, order.weight)
    case 'add':
      return pool.addMember({ origin: order.member, weight: order.weight })
  }
}

const explainHere = ({ url, method, fields }: Supposed, runtime: EdgeRuntime) => {
  const { protocol, host } = new URL(url)
  const target = url.slice(url.indexOf('/', url.indexOf('://') + 3))
  const request: HttpRequest = {
    method,
    target: target.startsWith('/') ? target : '/',
    scheme: protocol === 'http:' ? 'http' : 'https',
    authority: host,
    fields: Fields.adopt(fields.flat()),
    body: undefined,
    httpVersion: '1.1',
  }
  const route = runtime.routeOf(request)
  if (route === undefined) throw new RoundtripError('NOT_FOUND', 'No route takes this URL.')
  return { route: route.name, ...explain(request, { store: runtime.store, settings: route.cache }) }
}

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
