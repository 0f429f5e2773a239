/** What an operator may say about rate limits: policies of a route, and where the counts are kept. */
import { setting } from '@roundtrip/config'
import { Type, type Static } from 'typebox'

export const rateLimitPolicySettings = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9][a-z0-9_.-]{0,31}$',
      expected: 'a short name of lower-case letters, digits, -, _ and .',
      description: 'under which clients see the policy; names the count',
      default: 'default',
    }),
    quota: setting.count({ description: 'units in each window, on average', default: 600, minimum: 1 }),
    windowMs: setting.durationMs({ description: 'the window', default: 60_000 }),
    burst: setting.optional(
      setting.count({ description: 'units that may come at once; the quota when unset', minimum: 1 }),
    ),
    cost: setting.count({
      description: 'units that one request takes; no more than the burst',
      default: 1,
      minimum: 1,
    }),
    by: setting.choice(['client', 'header', 'cookie', 'all'], {
      description:
        'who is counted: each client address (IPv6 by /64), each value of a header field or cookie, or all together',
      default: 'client',
    }),
    field: setting.optional(
      setting.text({ description: 'name of the header field or cookie; the client address counts where it is absent' }),
    ),
    methods: setting.list({ description: 'methods that count; all when empty', default: [] }),
    scope: setting.choice(['route', 'edge'], {
      description: 'whether routes with a policy of this name count by themselves or together',
      default: 'route',
    }),
  },
  { additionalProperties: false },
)

export const rateLimitSettings = Type.Object(
  {
    policies: Type.Array(rateLimitPolicySettings, {
      description: 'all must allow a request; none are charged when one refuses',
      default: [],
    }),
    fields: setting.choice(['always', 'denied', 'never'], {
      description: 'which answers carry RateLimit and RateLimit-Policy',
      default: 'always',
    }),
  },
  { additionalProperties: false },
)

/** Of the edge as a whole; the URL and password of Redis come from its environment. */
export const rateLimiterSettings = Type.Object(
  {
    timeoutMs: setting.durationMs({ description: 'longest wait for Redis before the edge decides alone', default: 20 }),
    instances: setting.count({
      description:
        'edges that share a Redis, whatever their number of workers: each allows its part while that is away',
      default: 1,
      minimum: 1,
    }),
    maxKeys: setting.count({ description: 'most counts kept in one process', default: 100_000, minimum: 1 }),
  },
  { additionalProperties: false },
)

export type RateLimitPolicy = Readonly<Static<typeof rateLimitPolicySettings>>
export type RateLimitSettings = Readonly<Static<typeof rateLimitSettings>>
export type RateLimiterSettings = Readonly<Static<typeof rateLimiterSettings>>
