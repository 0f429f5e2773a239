/** The one place that says which instances exist, where they listen, and who talks to whom. */

export type Tier = 'dns' | 'edge' | 'web' | 'app' | 'worker' | 'data'

/** What an instance is to the launcher: one of our services, a server of somebody else's, or a run-once task. */
export type Kind = 'service' | 'postgres' | 'redis' | 'task'

export interface Port {
  readonly default: number
  readonly protocol: 'tcp' | 'udp+tcp'
  /** The variable that changes it; instances may share one when they differ by address. */
  readonly setting: `ROUNDTRIP_PORT_${string}`
  /** For operators on the same machine or in the same container: Compose does not publish it. */
  readonly isInternal?: true
}

export interface InstanceSpec {
  readonly name: string
  readonly tier: Tier
  readonly kind: Kind
  /** Address to listen on in the embedded stack. */
  readonly host: string
  /** Used where `host` cannot be bound: macOS has only 127.0.0.1 of 127.0.0.0/8. */
  readonly alternativeHost?: string
  /** By purpose. Empty for an instance that does not listen. */
  readonly ports: Readonly<Record<string, Port>>
  /** Instances it opens connections to. Compose networks must allow exactly these. */
  readonly talksTo: readonly string[]
  /** Where it is attached when that is not where its tier is. */
  readonly networks?: readonly NetworkName[]
  /** Must be ready before this one starts, beyond those it talks to. */
  readonly startsAfter?: readonly string[]
}

const tcp = (port: number, setting: Port['setting']): Port => ({ default: port, protocol: 'tcp', setting })

const edge = (number: 1 | 2, address: Pick<InstanceSpec, 'host' | 'alternativeHost'>): InstanceSpec => ({
  name: `edge-${number}`,
  tier: 'edge',
  kind: 'service',
  ...address,
  // Points of presence differ by address and share their ports, as they would on the internet.
  ports: {
    https: tcp(8443, 'ROUNDTRIP_PORT_EDGE_HTTPS'),
    http: tcp(8080, 'ROUNDTRIP_PORT_EDGE_HTTP'),
    admin: { ...tcp(9901, 'ROUNDTRIP_PORT_EDGE_ADMIN'), isInternal: true },
  },
  talksTo: ['web-1', 'web-2', 'redis-edge'],
})

const web = (number: 1 | 2): InstanceSpec => ({
  name: `web-${number}`,
  tier: 'web',
  kind: 'service',
  host: '127.0.0.1',
  ports: { http: tcp(8100 + number, `ROUNDTRIP_PORT_WEB_${number}`) },
  talksTo: ['app-1', 'app-2'],
})

const app = (number: 1 | 2): InstanceSpec => ({
  name: `app-${number}`,
  tier: 'app',
  kind: 'service',
  host: '127.0.0.1',
  ports: { http: tcp(8200 + number, `ROUNDTRIP_PORT_APP_${number}`) },
  talksTo: ['postgres-primary', 'postgres-replica', 'redis-cache', 'redis-queue', 'redis-edge'],
  startsAfter: ['migrate'],
})

const data = (kind: 'postgres' | 'redis', name: string, port: Port, talksTo: readonly string[] = []): InstanceSpec => ({
  name,
  tier: 'data',
  kind,
  host: '127.0.0.1',
  ports: { [kind]: port },
  talksTo,
})

/** Primary until the first failover; the names of the servers stay what they are, whatever their role has become. */
export const firstPrimary = 'postgres-primary'

export const instances: readonly InstanceSpec[] = [
  {
    name: 'dns',
    tier: 'dns',
    kind: 'service',
    host: '127.0.0.1',
    ports: { dns: { default: 5300, protocol: 'udp+tcp', setting: 'ROUNDTRIP_PORT_DNS' } },
    talksTo: [],
  },
  edge(1, { host: '127.0.0.1' }),
  edge(2, { host: '127.0.0.2', alternativeHost: '::1' }),
  web(1),
  web(2),
  {
    name: 'migrate',
    tier: 'app',
    kind: 'task',
    host: '127.0.0.1',
    ports: {},
    // It has to find the primary, whichever that is by now.
    talksTo: ['postgres-primary', 'postgres-replica'],
  },
  app(1),
  app(2),
  { name: 'worker-1', tier: 'worker', kind: 'service', host: '127.0.0.1', ports: {}, talksTo: ['redis-queue'] },
  data('postgres', 'postgres-primary', tcp(15_432, 'ROUNDTRIP_PORT_POSTGRES_PRIMARY')),
  data('postgres', 'postgres-replica', tcp(15_433, 'ROUNDTRIP_PORT_POSTGRES_REPLICA'), ['postgres-primary']),
  data('redis', 'redis-cache', tcp(16_379, 'ROUNDTRIP_PORT_REDIS_CACHE')),
  data('redis', 'redis-queue', tcp(16_380, 'ROUNDTRIP_PORT_REDIS_QUEUE')),
  // What the edges share, rate limits and purges. Apart from the data: who breaks into an edge must not find the shop's. App
  // tells it what has changed, and has a way of its own there.
  { ...data('redis', 'redis-edge', tcp(16_381, 'ROUNDTRIP_PORT_REDIS_EDGE')), networks: ['edge-state', 'purges'] },
]

/** All that can be the primary. */
export const postgresServers: readonly string[] = instances
  .filter(({ kind }) => kind === 'postgres')
  .map(({ name }) => name)

/** The instances with this name or, given a tier, all of that tier. */
export const instancesOf = (nameOrTier: string): InstanceSpec[] =>
  instances.filter(({ name, tier }) => name === nameOrTier || tier === nameOrTier)

/**
 * Networks are the firewall: two instances can reach each other only when they share one, by their tiers unless they name their own.
 * Clients reach `public` and nothing else.
 */
export const networks = {
  public: ['dns', 'edge'],
  'edge-state': ['edge'],
  purges: ['app'],
  'edge-web': ['edge', 'web'],
  'web-app': ['web', 'app'],
  'app-data': ['app', 'worker', 'data'],
} as const satisfies Record<string, readonly Tier[]>

export type NetworkName = keyof typeof networks

/** The networks an instance is attached to. */
export const networksOf = ({ tier, networks: own }: Pick<InstanceSpec, 'tier' | 'networks'>): readonly NetworkName[] =>
  own ?? (Object.keys(networks) as NetworkName[]).filter((name) => (networks[name] as readonly Tier[]).includes(tier))

/** The zone the stack is authoritative for, and the names that its certificate covers. */
export const zone = 'roundtrip.test'
export const publicName = `www.${zone}`
export const certificateNames: readonly string[] = [
  zone,
  publicName,
  ...instancesOf('edge').map(({ name }) => `${name}.${zone}`),
  'localhost',
  'roundtrip.localhost',
  'www.roundtrip.localhost',
  '127.0.0.1',
  '127.0.0.2',
  '::1',
]

export const database = { name: 'roundtrip', user: 'roundtrip' } as const

/** As whom app appends to the log of purges in the edges' Redis, and may do nothing else there. */
export const purgeUser = 'app'
