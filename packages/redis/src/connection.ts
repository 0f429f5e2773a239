/** The two ways to be connected to Redis: for what can do without it, and for what must not be lost. */
import { Redis, type RedisOptions as ClientOptions } from 'ioredis'
import { reconnectDelayMs } from './reconnect-delay.ts'

export interface RedisOptions {
  /** `redis://host:port`, or `redis://user@host:port` for a user of an access control list. */
  readonly url: string
  readonly password?: string | undefined
  /** As `CLIENT LIST` shows it. */
  readonly name?: string
  /**
   * A connection that keeps silent this long though a command waits is closed and made anew: a host that is gone without
   * a word would otherwise be waited for until TCP gives up, a quarter of an hour.
   */
  readonly silenceMs?: number
  /** From 0 to 1; `Math.random` by default. */
  readonly random?: () => number
}

export interface PromptRedisOptions extends RedisOptions {
  /** Longest wait for the answer to one command. */
  readonly commandTimeoutMs: number
}

const connectTimeoutMs = 1000
const promptSilenceMs = 5000
/** Longer than any command blocks: BullMQ's wait for 10 s. */
const patientSilenceMs = 15_000

/** What the two ways differ in. */
type Behaviour = Pick<
  ClientOptions,
  'lazyConnect' | 'commandTimeout' | 'enableOfflineQueue' | 'maxRetriesPerRequest' | 'autoResendUnfulfilledCommands'
>

interface Credentials {
  readonly username?: string
  readonly password?: string
}

/** ioredis takes a user without a password in the URL for one whose password is empty. */
const asUser = (text: string, password: string | undefined): { url: string; who: Credentials } => {
  if (password === undefined) return { url: text, who: {} }
  const url = new URL(text)
  const username = decodeURIComponent(url.username)
  url.username = ''
  return { url: url.href, who: { password, ...(username !== '' && { username }) } }
}

/**
 * What is asked during one turn of the event loop leaves in one write: with a write for each command a busy process spends
 * a third of its time in them. (ioredis' own way, `enableAutoPipelining`, holds a batch back until the last one is answered.)
 */
class BatchingRedis extends Redis {
  override sendCommand(...command: Parameters<Redis['sendCommand']>): unknown {
    const socket = this.stream
    if (this.status === 'ready' && socket.writableCorked === 0) {
      socket.cork()
      setImmediate(() => socket.uncork())
    }
    return super.sendCommand(...command)
  }
}

const open = (
  { url: text, password, name, silenceMs, random = Math.random }: RedisOptions,
  behaviour: Behaviour,
): Redis => {
  const { url, who } = asUser(text, password)
  const redis = new BatchingRedis(url, {
    ...who,
    ...(name !== undefined && { connectionName: name }),
    ...(silenceMs !== undefined && { socketTimeout: silenceMs }),
    connectTimeout: connectTimeoutMs,
    retryStrategy: (attempt) => reconnectDelayMs(attempt, random),
    ...behaviour,
  })
  // Unheard, the event would end the process. Commands reject by themselves, and `watchOutages` tells of outages.
  redis.on('error', () => undefined)
  return redis
}

/**
 * For what can do without Redis. A command fails at once while there is no connection, and is never sent twice.
 * Connects when told to (`tryConnect`), and from then on by itself; `silenceMs` is 5 s by default.
 */
export const promptRedis = ({ commandTimeoutMs, silenceMs = promptSilenceMs, ...rest }: PromptRedisOptions): Redis =>
  open(
    { ...rest, silenceMs },
    {
      lazyConnect: true,
      commandTimeout: commandTimeoutMs,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
    },
  )

/**
 * For what must not be lost. A command waits for the connection as long as it takes, and is sent again when it broke
 * before the answer. Connects at once; `silenceMs` is 15 s by default, and must be longer than any command blocks.
 */
export const patientRedis = ({ silenceMs = patientSilenceMs, ...rest }: RedisOptions): Redis =>
  open({ ...rest, silenceMs }, { maxRetriesPerRequest: null })

/** Ready after this, or trying to connect in the background (false). */
export const tryConnect = (redis: Redis): Promise<boolean> =>
  redis.connect().then(
    () => true,
    () => false,
  )
