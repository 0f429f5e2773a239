/** What an operator may say about one route: which requests it takes, and what each layer does with them. */
import { setting } from '@roundtrip/config'
import { cacheSettings } from '@roundtrip/http-cache'
import { Type, type Static } from 'typebox'
import { allowDenySettings } from '../layers/allow-deny.ts'
import { compressSettings } from '../layers/compress-settings.ts'
import { httpsRedirectSettings } from '../layers/https-redirect.ts'
import { rateLimitSettings } from '../layers/rate-limit-settings.ts'
import { securityHeadersSettings } from '../layers/security-headers-settings.ts'
import { validateSettings } from '../layers/validate-settings.ts'

const closed = { additionalProperties: false } as const

/** A part of a route that has a schema of its own, whose defaults stand where it is left out. */
const part = <T extends Parameters<typeof Type.Object>[0]>(properties: T, description: string) =>
  Type.Object(properties, { ...closed, description, default: {} })

export const routeSettings = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9_.-]+$',
      expected: 'letters, digits, -, _ and .',
      description: 'names the route in metrics, logs and counts',
    }),
    hosts: setting.list({
      description: 'host names it is for, *.example.com too; all hosts served when empty',
      default: [],
    }),
    path: Type.String({
      pattern: '^/[^?#]*$',
      expected: 'a path',
      description: 'paths it is for: this one and those below; the longest that fits decides',
      default: '/',
    }),
    exact: setting.flag({ description: 'whether only this very path is meant', default: false }),
    methods: setting.list({ description: 'methods it is for; all when empty', default: [] }),
    pool: setting.text({ description: 'pool of next hops that answers', default: 'web' }),
    priority: setting.choice(['critical', 'normal', 'sheddable'], {
      description: 'who is refused first when there is too much to do: critical last',
      default: 'normal',
    }),
    maxBodyBytes: setting.optional(
      setting.bytes({ description: 'most content of a request; limits.maxBodyBytes when absent' }),
    ),
    validate: part(validateSettings.properties, 'requests that are taken at all'),
    httpsRedirect: part(httpsRedirectSettings.properties, 'requests without TLS'),
    access: part(allowDenySettings.properties, 'client addresses'),
    rateLimit: part(rateLimitSettings.properties, 'how often a client may ask'),
    securityHeaders: part(securityHeadersSettings.properties, 'what browsers are told'),
    compress: part(compressSettings.properties, 'content that the origin did not compress'),
    cache: part(cacheSettings.properties, 'what is stored and reused'),
  },
  closed,
)

export type RouteSettings = Readonly<Static<typeof routeSettings>>
