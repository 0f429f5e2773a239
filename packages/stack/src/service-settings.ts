/** The settings of each service, rendered from the topology and the addresses at hand. */
import { isIP } from 'node:net'
import { join } from 'node:path'
import { projectFolder } from './host.ts'
import type { Addresses } from './stack.ts'
import { certificateNames, database, postgresServers, publicName, purgeUser, type InstanceSpec } from './topology.ts'

export interface RenderOptions {
  readonly addresses: Addresses
  /** Name of the server that is the primary now. */
  readonly primary: string
  readonly zoneFile: string
  readonly certificateFile: string
  readonly keyFile: string
  readonly databasePasswordFile: string
  readonly redisPasswordFile: string
  readonly edgeRedisPasswordFile: string
  readonly purgePasswordFile: string
  readonly appSecretFile: string
  readonly mailboxFolder: string
}

type Settings = Record<string, string>

/** Variables of one instance. */
export const renderSettings = (spec: InstanceSpec, options: RenderOptions): Settings => ({
  SERVICE_INSTANCE: spec.name,
  ...renderers[spec.tier](spec, options),
})

/** `127.0.0.1:8101`, as it stands in a URL. */
export const hostAndPort = (addresses: Addresses, name: string, port: string): string => {
  const { host, ports } = addresses[name] ?? { host: '127.0.0.1', ports: {} }
  return `${host.includes(':') ? `[${host}]` : host}:${ports[port] ?? 0}`
}

export const databaseUrl = (addresses: Addresses, name: string): string =>
  `postgres://${database.user}@${hostAndPort(addresses, name, 'postgres')}/${database.name}`

/** Every server but the primary. */
export const replicasOf = (primary: string): string[] => postgresServers.filter((name) => name !== primary)

export const redisUrl = (addresses: Addresses, name: string, user?: string): string =>
  `redis://${user === undefined ? '' : `${user}@`}${hostAndPort(addresses, name, 'redis')}`

/** Those it talks to over HTTP. */
const origins = ({ talksTo }: InstanceSpec, addresses: Addresses): string =>
  talksTo
    .filter((name) => addresses[name]?.ports['http'] !== undefined)
    .map((name) => `http://${hostAndPort(addresses, name, 'http')}`)
    .join(',')

const port = (spec: InstanceSpec, addresses: Addresses, name: string): string =>
  String(addresses[spec.name]?.ports[name] ?? 0)

const host = (spec: InstanceSpec, addresses: Addresses): string => addresses[spec.name]?.host ?? spec.host

const databaseSettings = ({ addresses, primary, databasePasswordFile }: RenderOptions): Settings => ({
  APP_PRIMARY_URL: databaseUrl(addresses, primary),
  APP_REPLICA_URLS: replicasOf(primary)
    .map((name) => databaseUrl(addresses, name))
    .join(','),
  APP_DATABASE_PASSWORD_FILE: databasePasswordFile,
})

/** What app gives to visitors who have changed something that shared caches may keep. */
const cacheBypass = { cookie: '__Host-shared-position', field: 'x-session-position' }

const renderers: Readonly<Record<InstanceSpec['tier'], (spec: InstanceSpec, options: RenderOptions) => Settings>> = {
  dns: (spec, { addresses, zoneFile }) => ({
    DNS_HOST: host(spec, addresses),
    DNS_PORT: port(spec, addresses, 'dns'),
    DNS_ZONE_FILES: zoneFile,
  }),
  edge: (spec, { addresses, certificateFile, keyFile, edgeRedisPasswordFile }) => ({
    EDGE_HOST: host(spec, addresses),
    EDGE_HTTPS_PORT: port(spec, addresses, 'https'),
    EDGE_HTTP_PORT: port(spec, addresses, 'http'),
    EDGE_CERTIFICATE_FILE: certificateFile,
    EDGE_KEY_FILE: keyFile,
    EDGE_UPSTREAMS: origins(spec, addresses),
    EDGE_ADMIN_HOST: host(spec, addresses),
    EDGE_ADMIN_PORT: port(spec, addresses, 'admin'),
    EDGE_REDIS_URL: redisUrl(addresses, 'redis-edge'),
    EDGE_REDIS_PASSWORD_FILE: edgeRedisPasswordFile,
    EDGE_HOSTS: certificateNames.filter((name) => isIP(name) === 0).join(','),
    EDGE_CACHE_BYPASS_COOKIES: cacheBypass.cookie,
    EDGE_CACHE_BYPASS_FIELDS: cacheBypass.field,
  }),
  web: (spec, { addresses }) => ({
    WEB_HOST: host(spec, addresses),
    WEB_PORT: port(spec, addresses, 'http'),
    WEB_ROOT: join(projectFolder, 'services/web/site'),
    WEB_UPSTREAMS: origins(spec, addresses),
    WEB_CACHE_BYPASS_COOKIES: cacheBypass.cookie,
    WEB_CACHE_BYPASS_FIELDS: cacheBypass.field,
  }),
  app: (spec, options) =>
    spec.kind === 'task'
      ? databaseSettings(options)
      : {
          ...databaseSettings(options),
          APP_HOST: host(spec, options.addresses),
          APP_PORT: port(spec, options.addresses, 'http'),
          APP_CACHE_URL: redisUrl(options.addresses, 'redis-cache'),
          APP_QUEUE_URL: redisUrl(options.addresses, 'redis-queue'),
          APP_REDIS_PASSWORD_FILE: options.redisPasswordFile,
          APP_PURGE_URL: redisUrl(options.addresses, 'redis-edge', purgeUser),
          APP_PURGE_PASSWORD_FILE: options.purgePasswordFile,
          APP_SECRET_FILE: options.appSecretFile,
          APP_PUBLIC_ORIGIN: `https://${publicName}:${options.addresses['edge-1']?.ports['https']}`,
        },
  worker: (_spec, { addresses, redisPasswordFile, mailboxFolder }) => ({
    WORKER_QUEUE_URL: redisUrl(addresses, 'redis-queue'),
    WORKER_REDIS_PASSWORD_FILE: redisPasswordFile,
    WORKER_MAILBOX_FOLDER: mailboxFolder,
  }),
  data: () => ({}),
}
