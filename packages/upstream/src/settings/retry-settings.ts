/** When a request may be given to another member, and how much of that a pool may cost. */
import { setting } from '@roundtrip/config'
import { Type, type Static } from 'typebox'

const closed = { additionalProperties: false } as const

const conditions = ['connect-failure', 'reset', 'timeout', '502', '503', '504'] as const

export type RetryCondition = (typeof conditions)[number]

export const retrySettings = Type.Object(
  {
    maxAttempts: setting.count({
      description: 'attempts in all; 1 never retries',
      default: 3,
      minimum: 1,
      maximum: 10,
    }),
    on: Type.Array(setting.choice(conditions, { description: 'what is retried' }), {
      expected: `a list of ${conditions.join(', ')}`,
      description: 'what is retried: no connection, closed or garbage before the head, no head in time, or that status',
      // What is called off for its silence is done twice, but only by somebody else, and within the budget (nginx: `error timeout`).
      default: ['connect-failure', 'reset', 'timeout', '503'],
    }),
    perTryTimeoutMs: setting.optional(
      setting.durationMs({ description: 'wait for the head in one attempt; timeouts.firstByteMs when absent' }),
    ),
    maxBufferedBytes: setting.bytes({
      description: 'content of a request kept on its way, so that it can be sent again; 0 keeps none',
      default: 16_384,
    }),
    backoffBaseMs: setting.count({ description: 'longest pause before the first retry; it doubles', default: 25 }),
    backoffMaxMs: setting.count({ description: 'longest pause before any retry', default: 250 }),
    budgetPercent: setting.count({ description: 'retries in percent of requests', default: 20, maximum: 1000 }),
    budgetMinPerSecond: setting.count({ description: 'retries that are always allowed each second', default: 10 }),
  },
  { ...closed, default: {} },
)

export const hedgeSettings = Type.Object(
  {
    percentile: setting.count({
      description: 'share of answers that come before a second attempt is sent',
      default: 95,
      minimum: 50,
      maximum: 99,
    }),
    minDelayMs: setting.durationMs({ description: 'shortest wait before a second attempt', default: 10 }),
    delayMs: setting.optional(setting.durationMs({ description: 'fixed wait, instead of the percentile' })),
  },
  closed,
)

export type RetrySettings = Readonly<Static<typeof retrySettings>>
export type HedgeSettings = Readonly<Static<typeof hedgeSettings>>
