/** All that accounts need, put together once: hashes, sessions, limits, codes. */
import type { Database } from '@roundtrip/postgres'
import { RedisLimiter } from '@roundtrip/rate-limit'
import type { FastifyBaseLogger } from 'fastify'
import type { AppSettings } from '../config.ts'
import { keysFrom } from '../http/keys.ts'
import { attemptLimits, type AttemptLimits } from './attempt-limits.ts'
import { csrfTokens, type CsrfTokens } from './csrf.ts'
import { mailCodes, type MailCodes } from './mail-code.ts'
import { PasswordHashes } from './password-hash.ts'
import { Sessions } from './sessions.ts'

export type AuthSettings = Pick<
  AppSettings,
  | 'secret'
  | 'publicOrigin'
  | 'cacheUrl'
  | 'queueUrl'
  | 'redisPassword'
  | 'ownHops'
  | 'passwordHashesAtOnce'
  | 'attemptsPerClient'
  | 'sessionIdleMs'
  | 'sessionMaxMs'
>

export interface AuthOptions {
  readonly settings: AuthSettings
  readonly database: Database
  /** Called when a mail is waiting in the outbox. */
  readonly mailWaits: () => void
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn'>
  /** Wall clock in milliseconds; default `Date.now`. */
  readonly clock?: () => number
}

export interface Auth {
  readonly database: Database
  readonly sessions: Sessions
  readonly hashes: PasswordHashes
  readonly limits: AttemptLimits
  readonly codes: MailCodes
  readonly csrfTokenOf: CsrfTokens
  readonly mailWaits: () => void
  /** Tiers in front that add to `X-Forwarded-For`. */
  readonly ownHops: number
  /** For readiness' details: without sessions the shop still sells. */
  checks(): Readonly<Record<string, string>>
  /** Tries to reach Redis; if it is away, goes on trying in the background. */
  connect(): Promise<void>
  close(): void
}

export const createAuth = ({ settings, database, mailWaits, log, clock = Date.now }: AuthOptions): Auth => {
  const keyFor = keysFrom(settings.secret)
  const { redisPassword: password } = settings
  const sessions = new Sessions({
    url: settings.queueUrl,
    password,
    idleMs: settings.sessionIdleMs,
    absoluteMs: settings.sessionMaxMs,
    log,
    clock,
  })
  // The counts may be evicted, sessions may not: a flood of attempts must not be able to fill what sessions live in.
  const limiter = new RedisLimiter({ url: settings.cacheUrl, password, namespace: 'attempts', log })
  return {
    database,
    sessions,
    hashes: new PasswordHashes({ pepper: keyFor('password-pepper'), atOnce: settings.passwordHashesAtOnce }),
    limits: attemptLimits({ limiter, key: keyFor('rate-limit-key'), perClient: settings.attemptsPerClient }),
    codes: mailCodes(keyFor('mail-code'), clock),
    csrfTokenOf: csrfTokens(keyFor('csrf-token')),
    mailWaits,
    ownHops: settings.ownHops,
    checks: () => ({ sessions: sessions.isReachable ? 'ok' : 'unreachable' }),
    connect: async () => {
      await Promise.all([sessions.connect(), limiter.connect()])
    },
    close: () => {
      sessions.close()
      limiter.close()
    },
  }
}
