/** The counts in Redis: one script reads, decides and writes for all charges of a request, by Redis' own clock. */
import { createHash } from 'node:crypto'
import { promptRedis, tryConnect } from '@roundtrip/redis'
import type { Redis } from 'ioredis'
import { toleranceMs, unitMs, type Charge } from './gcra.ts'

export interface RedisCountsOptions {
  /** `redis://host:port` */
  readonly url: string
  readonly password?: string | undefined
  /** Put before every key. */
  readonly namespace: string
  /** Longest time a command may stay unanswered. */
  readonly commandTimeoutMs: number
}

/**
 * Times are whole microseconds: exact in Lua's doubles, and integers survive the reply. Keys are written only when every
 * charge passes, and expire when nothing is owed any more. What is no number (a stranger's value) counts as nothing owed.
 */
const script = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local arrivals, replies, passes = {}, {}, 1
for i, key in ipairs(KEYS) do
  local arrival = math.max(tonumber(redis.call('GET', key)) or now, now) + ARGV[2 * i - 1]
  arrivals[i] = arrival
  replies[i + 1] = arrival - now
  if arrival - now > tonumber(ARGV[2 * i]) then passes = 0 end
end
if passes == 1 then
  for i, key in ipairs(KEYS) do
    if arrivals[i] > now then
      redis.call('SET', key, string.format('%.0f', arrivals[i]), 'PX', math.ceil((arrivals[i] - now) / 1000))
    end
  end
end
replies[1] = passes
return replies`

const scriptHash = createHash('sha1').update(script).digest('hex')

/** As the script counts; rounded up, or what is less than half of one would be free. */
const microseconds = (ms: number): number => Math.ceil(ms * 1000)

export class RedisCounts {
  readonly #redis: Redis
  readonly #namespace: string

  constructor({ url, password, namespace, commandTimeoutMs }: RedisCountsOptions) {
    this.#namespace = namespace
    this.#redis = promptRedis({ url, password, commandTimeoutMs })
  }

  /** Ready after this, or trying to connect in the background (false). */
  connect(): Promise<boolean> {
    return tryConnect(this.#redis)
  }

  get isConnected(): boolean {
    return this.#redis.status === 'ready'
  }

  /**
   * Takes all charges or none.
   * @returns for each charge how far ahead of the clock its key is with the charge taken, in milliseconds
   * @throws the error of Redis: gone, slow, full
   */
  async take(charges: readonly Charge[]): Promise<readonly number[]> {
    const keys = charges.map(({ key }) => `${this.#namespace}:${key}`)
    const limits = charges.flatMap(({ rate, cost }) => [
      microseconds(unitMs(rate) * cost),
      microseconds(toleranceMs(rate)),
    ])
    const [, ...aheadUs] = await this.#run(keys, limits)
    return aheadUs.map((us) => us / 1000)
  }

  close(): void {
    this.#redis.disconnect()
  }

  /** Redis forgets scripts when it restarts. */
  async #run(keys: readonly string[], limits: readonly number[]): Promise<number[]> {
    try {
      return (await this.#redis.evalsha(scriptHash, keys.length, ...keys, ...limits)) as number[]
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return (await this.#redis.eval(script, keys.length, ...keys, ...limits)) as number[]
    }
  }
}
