/** The parts of a cache, put together from its options. */
import { randomBytes } from 'node:crypto'
import { Circuit } from '@roundtrip/redis'
import type { CacheOptions } from './cache.ts'
import { Listener, type ListenerOptions } from './channels.ts'
import { LoadGate } from './load-gate.ts'
import { MemoryLevel } from './memory-level.ts'
import { OwedInvalidations } from './owed.ts'
import { RedisStore } from './redis-store.ts'
import { noStats, type CacheStats } from './stats.ts'

export interface Levels {
  /** Names this process to the others. */
  readonly self: string
  readonly memory: MemoryLevel | undefined
  readonly store: RedisStore
  readonly listener: Listener
  readonly circuit: Circuit
  readonly gate: LoadGate
  readonly owed: OwedInvalidations
  readonly stats: CacheStats
  readonly maxWaitMs: number
  readonly beta: number
  readonly log: CacheOptions['log']
  readonly clock: () => number
  readonly random: () => number
}

const mebibyte = 1024 * 1024
const failuresThatOpen = 5
const openMs = 1_000

const memoryOf = (memory: CacheOptions['memory'], clock: () => number): MemoryLevel | undefined =>
  memory === false
    ? undefined
    : new MemoryLevel({ maxBytes: memory?.maxBytes ?? 8 * mebibyte, ttlMs: memory?.ttlMs ?? 1_000, clock })

const circuitOf = (log: CacheOptions['log'], clock: () => number): Circuit =>
  new Circuit({
    threshold: failuresThatOpen,
    openMs,
    clock,
    onChange: (state, error) =>
      state === 'open' ? log.warn({ error }, 'cache down, going on without') : log.info({}, 'cache back'),
  })

export const createLevels = (
  options: CacheOptions,
  { onChange, onGap }: Pick<ListenerOptions, 'onChange' | 'onGap'>,
): Levels => {
  const { url, password, namespace, timeoutMs = 50, leaseMs = 5_000, log, random = Math.random } = options
  const { maxLoads = 16, maxQueued = 1_000, queueMs = 1_000, clock = () => performance.now() } = options
  const self = randomBytes(8).toString('base64url')
  const store = new RedisStore({ url, password, namespace, timeoutMs, leaseMs })
  return {
    self,
    store,
    memory: memoryOf(options.memory, clock),
    listener: new Listener({ url, password, namespace, onChange, onGap }),
    circuit: circuitOf(log, clock),
    gate: new LoadGate({ maxLoads, maxQueued, queueMs }),
    owed: new OwedInvalidations((stamps) => store.advance(stamps, JSON.stringify({ from: self, stamps: [...stamps] }))),
    stats: noStats(),
    maxWaitMs: options.maxWaitMs ?? 2_000,
    beta: options.earlyRefreshBeta ?? 1,
    log,
    clock,
    random,
  }
}
