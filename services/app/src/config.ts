/** The settings of app; variables have the prefix `APP`. */
import { setting } from '@roundtrip/config'
import { Type, type Static } from 'typebox'
import { authSettings } from './auth/settings.ts'
import { loadSettings } from './load/settings.ts'
import { processSettings } from './processes/settings.ts'

const postgres = ['postgres:', 'postgresql:']
const redis = ['redis:', 'rediss:']

/** What the one-shot processes need, which have to find the primary; app has them as well. */
export const migrateSettings = Type.Object({
  primaryUrl: setting.url(postgres, { description: 'the Postgres primary: `postgres://user@host:port/database`' }),
  databasePassword: setting.optional(setting.secret({ description: 'password for the primary and the replicas' })),
  replicaUrls: setting.urls(postgres, {
    description: 'streaming replicas of the primary, for reads; without any the primary serves them',
    default: [],
  }),
})

export const appSettings = Type.Object({
  host: setting.host({ description: 'address to listen on', default: '127.0.0.1' }),
  port: setting.port({ description: 'port to listen on', default: 8201 }),
  ...processSettings,
  ...loadSettings,
  ...migrateSettings.properties,
  cacheUrl: setting.url(redis, { description: 'Redis for the cache: `redis://host:port`' }),
  cacheTimeoutMs: setting.durationMs({
    description: 'longest a command to that Redis may take; then the answer is made without it',
    default: 50,
  }),
  queueUrl: setting.url(redis, { description: 'Redis for the job queue: `redis://host:port`' }),
  redisPassword: setting.optional(setting.secret({ description: 'password for both Redis instances' })),
  ...authSettings,
  corsOrigins: setting.origins({
    description: 'sites whose scripts may read the API, with credentials: `https://shop.example`',
    default: [],
  }),
  purgeUrl: setting.optional(
    setting.url(redis, {
      description:
        'Redis that the edges share: they are told there what has changed; kept for a moment only when unset',
    }),
  ),
  purgePassword: setting.optional(
    setting.secret({ description: 'password of that Redis; the user stands in its URL' }),
  ),
  publicOrigin: setting.origin({
    description: 'where clients reach the site; used in absolute links',
    default: 'https://www.roundtrip.test:8443',
  }),
  requestTimeoutMs: setting.durationMs({
    description:
      'longest time from a request to its answer, unless the tier in front leaves less; then its work is called off',
    default: 10_000,
  }),
  maxBodyBytes: setting.bytes({ description: 'largest request body; larger ones get 413', default: 10_485_760 }),
})

export type AppSettings = Readonly<Static<typeof appSettings>>
export type MigrateSettings = Readonly<Static<typeof migrateSettings>>
