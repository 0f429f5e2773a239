/** @packageDocumentation GCRA rate limits, kept in memory or shared through Redis. */
export type { Charge, Decision, Rate, Verdict } from './gcra.ts'
export type { Limiter, LimiterStatus } from './limiter.ts'
export type { Spending } from './ledger.ts'
export { LocalLimiter, type LocalLimiterOptions } from './local-limiter.ts'
export { RedisLimiter, type RedisLimiterOptions } from './redis-limiter.ts'
export type { Settle } from './settling.ts'
