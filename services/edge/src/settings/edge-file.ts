/** The settings file: what the edge serves and how, as one schema. Where it listens and which keys it has is its environment's to say. */
import { setting } from '@roundtrip/config'
import { cacheStoreSettings } from '@roundtrip/http-cache'
import { http1Settings } from '@roundtrip/http1'
import { http2Settings } from '@roundtrip/http2'
import { poolSettings } from '@roundtrip/upstream'
import { Type, type Static } from 'typebox'
import { clientAddressSettings } from '../layers/client-address.ts'
import { bodyEncoderSettings } from '../layers/compress-settings.ts'
import { loadShedderSettings } from '../layers/load-shedder.ts'
import { rateLimiterSettings } from '../layers/rate-limit-settings.ts'
import { listenerSettings } from '../listener/listener-settings.ts'
import { tlsSettings } from '../tls/tls-settings.ts'
import { routeSettings } from './route-settings.ts'

const closed = { additionalProperties: false } as const

const part = <T extends Parameters<typeof Type.Object>[0]>(properties: T, description: string) =>
  Type.Object(properties, { ...closed, description, default: {} })

const limits = Type.Object(
  {
    maxBodyBytes: setting.optional(
      setting.bytes({ description: 'most content of a request, 413 above; EDGE_MAX_BODY_BYTES when absent' }),
    ),
    slowRequestMs: setting.durationMs({
      description: 'from when on a request is kept among the slow ones',
      default: 1000,
    }),
    connections: part(listenerSettings.properties, 'before there is a request'),
    http1: part(http1Settings.properties, 'clients that speak HTTP/1.1'),
    http2: part(http2Settings.properties, 'clients that speak HTTP/2'),
  },
  { ...closed, description: 'what one client may take of the edge', default: {} },
)

export const edgeFile = Type.Object(
  {
    hosts: setting.list({ description: 'host names served, others get 421; any when empty', default: [] }),
    routes: Type.Array(routeSettings, {
      expected: 'a list of routes, each with a name',
      description: 'the most specific host, then the longest path, then the method decides',
      default: [{ name: 'default' }],
      minItems: 1,
    }),
    pools: Type.Record(Type.String({ pattern: '^[A-Za-z0-9_.-]+$' }), poolSettings, {
      description: 'next hops by name; `web` is made of EDGE_UPSTREAMS when that is set',
      default: {},
    }),
    cache: part(cacheStoreSettings.properties, 'the store, for each worker'),
    tls: part(tlsSettings.properties, 'the public side'),
    clientAddress: part(clientAddressSettings.properties, 'proxies before the edge'),
    rateLimiter: part(rateLimiterSettings.properties, 'where rate limits are counted'),
    compression: part(bodyEncoderSettings.properties, 'effort, and how much of it at once'),
    loadShed: part(loadShedderSettings.properties, 'what is refused when there is too much to do'),
    purgeFrom: setting.list({
      description: 'addresses and CIDR blocks that may send PURGE requests; nobody when empty',
      default: [],
    }),
    limits,
  },
  closed,
)

export type EdgeFile = Readonly<Static<typeof edgeFile>>
