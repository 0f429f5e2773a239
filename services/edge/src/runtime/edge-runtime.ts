/** What the edge is at the moment: routes and pools from the settings in force, replaced as a whole when those change. */
import { isDeepStrictEqual } from 'node:util'
import { BodyEncoder, type HttpHandler, type HttpRequest, type Log } from '@roundtrip/http'
import { CacheStore, type PurgeBus } from '@roundtrip/http-cache'
import type { Limiter } from '@roundtrip/rate-limit'
import { assertPoolSettings, createPool, type Pool } from '@roundtrip/upstream'
import type { EdgeSettings } from '../config.ts'
import { AddressSet } from '../layers/address-set.ts'
import { LoadShedder } from '../layers/load-shedder.ts'
import { SlowRequests } from '../layers/slow-requests.ts'
import { RouteFigures } from '../metrics/route-figures.ts'
import { routePipeline, type SharedParts } from '../pipeline.ts'
import { noRoutePipeline } from '../routing/no-route.ts'
import { createRouter } from '../routing/router.ts'
import type { EdgeFile } from '../settings/edge-file.ts'
import type { RouteSettings } from '../settings/route-settings.ts'
import { watchFiles } from '../tls/watch-files.ts'

export interface RuntimeOptions {
  readonly settings: Pick<EdgeSettings, 'accessLog'>
  readonly file: EdgeFile
  readonly instance: string
  readonly publicHttpsPort: number
  readonly limiter: Limiter
  readonly purgeBus: PurgeBus
  readonly sharesCertificate: SharedParts['sharesCertificate']
  readonly log: Log
}

interface BuiltRoute {
  readonly settings: RouteSettings
  readonly handler: HttpHandler
}

/** One state of the edge. Requests that began in it end in it. */
interface Table {
  readonly file: EdgeFile
  readonly find: (request: HttpRequest) => BuiltRoute | undefined
  readonly otherwise: HttpHandler
}

const slowRequestsKept = 100

/** What stores, sockets and servers were made with. */
const fixedParts = ['cache', 'tls', 'rateLimiter', 'compression', 'loadShed'] as const

const fixedLimits = ({ limits: { connections, http1, http2 } }: EdgeFile): object => ({
  connections,
  http1,
  http2,
})

export class EdgeRuntime {
  readonly store: CacheStore
  readonly slow = new SlowRequests({ slowRequestsKept })
  readonly shedder: LoadShedder
  readonly limiter: Limiter
  readonly #options: RuntimeOptions
  readonly #pools = new Map<string, Pool>()
  readonly #figures = new Map<string, RouteFigures>()
  readonly #encoder: BodyEncoder
  #table: Table
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
    this.#table = this.#build(options.file)
  }

  /** For listeners: always the routes in force. */
  readonly handler: HttpHandler = (request, context) =>
    (this.#table.find(request)?.handler ?? this.#table.otherwise)(request, context)

  get file(): EdgeFile {
    return this.#table.file
  }

  get pools(): ReadonlyMap<string, Pool> {
    return this.#pools
  }

  get figures(): Iterable<RouteFigures> {
    return this.#figures.values()
  }

  /** Which route takes a request; undefined when none does. */
  routeOf(request: HttpRequest): RouteSettings | undefined {
    return this.#table.find(request)?.settings
  }

  /** Begins health checks and discovery; resolves when members that are looked up by name have been, or could not be. */
  async start(): Promise<void> {
    this.#stopWatching()
    this.#stopWatching = watchFiles({ files: tlsFilesOf(this.file), onChange: () => this.#reconnect() })
    for (const pool of this.#pools.values()) pool.start()
    await Promise.all([...this.#pools.values()].map((pool) => pool.ready()))
  }

  /**
   * Takes other settings over without losing a request: pools that stay keep their members' health and connections,
   * those that go finish what they have.
   *
   * @returns names of parts that take effect with the next start or recycle only
   * @throws RoundtripError `SETTINGS_INVALID`, and everything stays as it was
   */
  apply(file: EdgeFile): string[] {
    const before = new Map(this.#pools)
    const later = fixedParts.filter((part) => !isDeepStrictEqual(file[part], this.file[part]))
    const isLimited = !isDeepStrictEqual(fixedLimits(file), fixedLimits(this.file))
    for (const settings of Object.values(file.pools)) assertPoolSettings(settings)
    this.#table = this.#build(file)
    void this.start()
    for (const [name, pool] of before) if (!this.#pools.has(name)) void retire(pool)
    return isLimited ? [...later, 'limits'] : later
  }

  /** Resolves when nothing is in flight to any next hop. */
  async drain(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.drain()))
  }

  close(): void {
    this.#stopWatching()
    for (const pool of this.#pools.values()) pool.close()
    void this.store.close()
    this.shedder.close()
    this.limiter.close()
  }

  /** Everything that may fail comes before anything that is changed. */
  #build(file: EdgeFile): Table {
    const { settings, instance, publicHttpsPort, limiter, sharesCertificate } = this.#options
    const shared: SharedParts = {
      instance,
      publicHttpsPort,
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
    const fresh = this.#freshPools(file)
    const pools = new Map([...this.#pools, ...fresh])
    const routes = file.routes.map((route) => {
      const pool = pools.get(route.pool)
      if (pool === undefined) throw new Error(`there is no pool ${route.pool}`)
      const { hosts, path, exact, methods } = route
      const parts = { settings: route, pool, figures: this.#figuresOf(route.name) }
      return {
        match: { hosts, path, exact, methods },
        value: { settings: route, handler: routePipeline(shared, parts) },
      }
    })
    for (const [name, pool] of fresh) this.#pools.set(name, pool)
    for (const [name, pool] of this.#pools) {
      const wanted = file.pools[name]
      if (wanted === undefined) this.#pools.delete(name)
      else pool.update(wanted)
    }
    return { file, find: createRouter(routes), otherwise: noRoutePipeline(file.hosts, settings.accessLog) }
  }

  /** Certificates that next hops are shown, or held against, have changed. */
  #reconnect(): void {
    const { log } = this.#options
    try {
      for (const pool of this.#pools.values()) pool.reconnect()
      log.info({ files: tlsFilesOf(this.file) }, 'certificates for next hops renewed')
    } catch (error) {
      log.error({ error }, 'the new certificates for next hops cannot be used; the old ones stay')
    }
  }

  #freshPools(file: EdgeFile): Map<string, Pool> {
    const missing = Object.entries(file.pools).filter(([name]) => !this.#pools.has(name))
    return new Map(missing.map(([name, settings]) => [name, createPool(name, settings, { log: this.#options.log })]))
  }

  #figuresOf(route: string): RouteFigures {
    const figures = this.#figures.get(route) ?? new RouteFigures(route)
    this.#figures.set(route, figures)
    return figures
  }
}

const tlsFilesOf = ({ pools }: EdgeFile): string[] =>
  Object.values(pools).flatMap(({ tls }) =>
    [tls.caFile, tls.certificateFile, tls.keyFile].filter((file) => file !== undefined),
  )

const retire = async (pool: Pool): Promise<void> => {
  await pool.drain()
  pool.close()
}
