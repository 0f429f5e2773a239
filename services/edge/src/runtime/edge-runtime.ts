/** What the edge is at the moment: routes and pools from the settings in force, replaced as a whole when those change. */
import { isDeepStrictEqual } from 'node:util'
import { BodyEncoder, type HttpHandler, type HttpRequest, type Log } from '@roundtrip/http'
import { CacheStore, type PurgeBus } from '@roundtrip/http-cache'
import { Histogram, type RouteFigures } from '@roundtrip/metrics'
import type { Limiter } from '@roundtrip/rate-limit'
import { assertPoolSettings, createPool, type Pool, type PoolSettings } from '@roundtrip/upstream'
import { inTime } from '@roundtrip/worker-group'
import type { EdgeSettings } from '../config.ts'
import { AddressSet } from '../addresses/address-set.ts'
import { LoadShedder } from '../layers/load-shedder.ts'
import { SlowRequests } from '../layers/slow-requests.ts'
import type { SharedParts } from '../pipeline.ts'
import type { EdgeFile } from '../settings/edge-file.ts'
import type { RouteSettings } from '../settings/route-settings.ts'
import { watchFiles } from '../tls/watch-files.ts'
import { laterParts } from './later-parts.ts'
import { RouteTable } from './route-table.ts'

export interface RuntimeOptions {
  readonly settings: Pick<EdgeSettings, 'accessLog' | 'httpPort'>
  readonly file: EdgeFile
  readonly instance: string
  readonly publicHttpsPort: number
  readonly limiter: Limiter
  readonly purgeBus: PurgeBus
  readonly sharesCertificate: SharedParts['sharesCertificate']
  readonly log: Log
}

/** A pool, and how long its members take to answer or to fail. */
export interface ServedPool {
  readonly pool: Pool
  readonly latency: Histogram
}

const slowRequestsKept = 100

export class EdgeRuntime {
  readonly store: CacheStore
  readonly slow = new SlowRequests({ slowRequestsKept })
  readonly shedder: LoadShedder
  readonly limiter: Limiter
  readonly #options: RuntimeOptions
  readonly #encoder: BodyEncoder
  #pools: ReadonlyMap<string, ServedPool> = new Map()
  readonly #retiring = new Map<Pool, Promise<void>>()
  #table: RouteTable
  /** That may still have requests in flight. */
  readonly #tablesBefore = new Set<RouteTable>()
  #isStarted = false
  #stopWatching: () => void = () => undefined

  /** @throws RoundtripError `SETTINGS_INVALID` */
  constructor(options: RuntimeOptions) {
    this.#options = options
    this.limiter = options.limiter
    const { cache, loadShed, compression } = options.file
    this.store = new CacheStore({
      maxBytes: cache.maxBytes,
      maxVariants: cache.maxVariants,
      bus: options.purgeBus,
      ...(cache.disk !== undefined && { disk: cache.disk }),
    })
    this.shedder = new LoadShedder(loadShed)
    this.#encoder = new BodyEncoder(compression)
    const { table, pools } = this.#prepare(options.file, new Map())
    this.#table = table
    this.#pools = pools
  }

  /** For listeners: always the routes in force. */
  readonly handler: HttpHandler = (request, context) => this.#table.handler(request, context)

  get file(): EdgeFile {
    return this.#table.file
  }

  get pools(): ReadonlyMap<string, Pool> {
    return new Map(this.servedPools.map(({ pool }) => [pool.name, pool]))
  }

  /** With what they are measured by. */
  get servedPools(): readonly ServedPool[] {
    return [...this.#pools.values()]
  }

  get figures(): Iterable<RouteFigures> {
    return this.#table.figures.values()
  }

  /** Which route takes a request; undefined when none does. */
  routeOf(request: HttpRequest): RouteSettings | undefined {
    return this.#table.routeOf(request)
  }

  /** Begins health checks and discovery; resolves when members that are looked up by name have been, or could not be. */
  async start(): Promise<void> {
    this.#isStarted = true
    this.#watchCertificates()
    for (const { pool } of this.servedPools) pool.start()
    await Promise.all(this.servedPools.map(({ pool }) => pool.ready()))
  }

  /**
   * Takes other settings over without losing a request: pools that stay keep their members' health and connections,
   * those that go finish what they have.
   *
   * @returns paths of parts that take effect with the next start or recycle only
   * @throws RoundtripError `SETTINGS_INVALID`, and everything stays as it was
   */
  apply(file: EdgeFile): string[] {
    const { table, pools } = this.#prepare(file, this.#table.figures)
    const before = this.#pools
    const tableBefore = this.#table
    updateAll(before, file, () => closeOthers(pools, before))
    this.#pools = pools
    this.#table = table
    this.#tablesBefore.add(tableBefore)
    void tableBefore.idle().then(() => this.#tablesBefore.delete(tableBefore))
    if (this.#isStarted) {
      for (const [name, { pool }] of pools) if (!before.has(name)) pool.start()
      if (!isDeepStrictEqual(tlsFilesOf(file), tlsFilesOf(tableBefore.file))) this.#watchCertificates()
    }
    for (const [name, { pool }] of before) if (!pools.has(name)) this.#retire(pool)
    return laterParts(this.#options.file, file)
  }

  /** Resolves when nothing is in flight to any next hop. */
  async drain(): Promise<void> {
    await Promise.all([...this.servedPools.map(({ pool }) => pool.drain()), ...this.#retiring.values()])
  }

  close(): void {
    this.#stopWatching()
    for (const { pool } of this.servedPools) pool.close()
    for (const pool of this.#retiring.keys()) pool.close()
    void this.store.close()
    this.shedder.close()
    this.limiter.close()
  }

  /** All that may fail, and nothing that changes what is in force. */
  #prepare(file: EdgeFile, figures: ReadonlyMap<string, RouteFigures>) {
    for (const settings of Object.values(file.pools)) assertPoolSettings(settings)
    const pools = new Map<string, ServedPool>()
    try {
      for (const [name, settings] of Object.entries(file.pools)) {
        pools.set(name, this.#pools.get(name) ?? this.#servePool(name, settings))
      }
      const named = new Map([...pools].map(([name, { pool }]) => [name, pool]))
      return { pools, table: new RouteTable({ file, shared: this.#sharedParts(file), pools: named, figures }) }
    } catch (error) {
      closeOthers(pools, this.#pools)
      throw error
    }
  }

  #sharedParts(file: EdgeFile): SharedParts {
    const { settings, instance, publicHttpsPort, limiter, sharesCertificate } = this.#options
    return {
      instance,
      publicHttpsPort,
      hasPlainListener: settings.httpPort !== undefined,
      clientCertificates: file.tls.clientCertificates.mode === 'off' ? undefined : file.tls.clientCertificates,
      accessLog: settings.accessLog,
      hosts: file.hosts,
      maxBodyBytes: file.limits.maxBodyBytes ?? Infinity,
      slowRequestMs: file.limits.slowRequestMs,
      clientAddress: file.clientAddress,
      purgeFrom: new AddressSet(file.purgeFrom, 'purgeFrom'),
      slow: this.slow,
      shedder: this.shedder,
      limiter,
      store: this.store,
      encoder: this.#encoder,
      sharesCertificate,
    }
  }

  #servePool(name: string, settings: PoolSettings): ServedPool {
    const latency = new Histogram()
    const onLatency = (ms: number): void => latency.record(ms)
    return { pool: createPool(name, settings, { log: this.#options.log, onLatency }), latency }
  }

  /** Requests that began under settings that name the pool may still come to it; those of others are not waited for forever. */
  #retire(pool: Pool): void {
    pool.stop()
    const users = [...this.#tablesBefore].map((table) => table.idle())
    const retired = inTime(Promise.all(users), pool.settings.drainTimeoutMs)
      .then(() => pool.drain())
      .then(() => {
        pool.close()
        this.#retiring.delete(pool)
      })
    this.#retiring.set(pool, retired)
  }

  #watchCertificates(): void {
    this.#stopWatching()
    this.#stopWatching = watchFiles({ files: tlsFilesOf(this.file), onChange: () => this.#reconnect() })
  }

  /** Certificates that next hops are shown, or held against, have changed. */
  #reconnect(): void {
    const { log } = this.#options
    try {
      for (const { pool } of this.servedPools) pool.reconnect()
      log.info({ files: tlsFilesOf(this.file) }, 'certificates for next hops renewed')
    } catch (error) {
      log.error({ error }, 'the new certificates for next hops cannot be used; the old ones stay')
    }
  }
}

type Pools = ReadonlyMap<string, ServedPool>

/** Pools that nobody has seen yet. */
const closeOthers = (pools: Pools, kept: Pools): void => {
  for (const [name, { pool }] of pools) if (!kept.has(name)) pool.close()
}

/** A file may vanish after it was read: then those that have changed already change back. */
const updateAll = (pools: Pools, { pools: wanted }: EdgeFile, onFailure: () => void): void => {
  const before: [pool: Pool, settings: PoolSettings][] = []
  try {
    for (const [name, { pool }] of pools) {
      const settings = wanted[name]
      if (settings === undefined) continue
      before.push([pool, pool.settings])
      pool.update(settings)
    }
  } catch (error) {
    // The last one has not changed.
    for (const [pool, settings] of before.slice(0, -1)) pool.update(settings)
    onFailure()
    throw error
  }
}

const tlsFilesOf = ({ pools }: EdgeFile): string[] =>
  Object.values(pools).flatMap(({ tls }) =>
    [tls.caFile, tls.certificateFile, tls.keyFile].filter((file) => file !== undefined),
  )
