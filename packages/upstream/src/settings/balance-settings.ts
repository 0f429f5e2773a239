/** How members of a pool are chosen. */
import { setting } from '@roundtrip/config'
import { Type, type Static } from 'typebox'

const closed = { additionalProperties: false } as const

export const hashOnSettings = Type.Object(
  {
    source: setting.choice(['client', 'header', 'cookie', 'path', 'target'], {
      description: 'what the hash is made of; target is the path with its query',
      default: 'client',
    }),
    name: setting.optional(setting.text({ description: 'of the header or cookie' })),
  },
  { ...closed, default: {} },
)

export const stickySettings = Type.Object(
  {
    cookie: Type.String({
      pattern: '^[A-Za-z0-9_-]+$',
      expected: 'letters, digits, - and _',
      description: 'name of the cookie',
      default: 'roundtrip_member',
    }),
    secret: setting.optional(setting.secret({ description: 'key of the ids in the cookie; the same at every edge' })),
    maxAgeMs: setting.optional(setting.durationMs({ description: 'life of the cookie; the session when absent' })),
  },
  closed,
)

export const balanceSettings = Type.Object(
  {
    algorithm: setting.choice(['round-robin', 'least-request', 'peak-ewma', 'consistent-hash'], {
      description: 'how a member is chosen; all respect weights',
      default: 'least-request',
    }),
    hashOn: hashOnSettings,
    boundedLoadPercent: Type.Integer({
      minimum: 100,
      maximum: 1000,
      expected: 'a whole number from 100 to 1000',
      description: 'for consistent-hash: most load of a member, in percent of the average',
      default: 125,
    }),
    decayMs: setting.durationMs({ description: 'for peak-ewma: how fast past latency is forgotten', default: 10_000 }),
    sticky: setting.optional(stickySettings),
  },
  { ...closed, default: {} },
)

export type BalanceSettings = Readonly<Static<typeof balanceSettings>>
export type HashOnSettings = Readonly<Static<typeof hashOnSettings>>
export type StickySettings = Readonly<Static<typeof stickySettings>>
