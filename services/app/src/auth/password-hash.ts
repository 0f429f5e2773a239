/** Passwords as they are stored: argon2id (RFC 9106) in PHC string format, computed a few at a time. */
import { argon2, createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Gate } from './gate.ts'

/** The minimum of OWASP's Password Storage Cheat Sheet for argon2id. */
export interface Argon2Cost {
  readonly memoryKiB: number
  readonly passes: number
  readonly parallelism: number
}
export const argon2Cost: Argon2Cost = { memoryKiB: 19_456, passes: 2, parallelism: 1 }

export interface PasswordHashesOptions {
  /** A key that no database dump contains: without it a stolen hash cannot be guessed at (RFC 9106 §3.1, parameter K). */
  readonly pepper: string
  /** Most computed at once; each takes a thread and `memoryKiB`. Default 2. */
  readonly atOnce?: number
  /** Default `argon2Cost`. */
  readonly cost?: Argon2Cost
}

export interface Verdict {
  readonly isRight: boolean
  /** It was stored at another cost: to be hashed anew while the password is at hand. */
  readonly isOutdated: boolean
}

const version = 19
const saltBytes = 16
const tagBytes = 32
const keyIdBytes = 6
/** About 2 s of work for one core each. */
const maxWaiting = 32
const maxWaitMs = 2000

const phc = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3}),keyid=([\w+/]{8})\$([\w+/]{22})\$([\w+/]{43})$/

interface Stored {
  readonly cost: Argon2Cost
  readonly keyId: string
  readonly salt: Buffer
  readonly tag: Buffer
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')

const format = ({ cost, keyId, salt, tag }: Stored): string =>
  `$argon2id$v=${version}$m=${cost.memoryKiB},t=${cost.passes},p=${cost.parallelism},keyid=${keyId}$${base64(salt)}$${base64(tag)}`

const parse = (text: string): Stored | undefined => {
  const [, memory, passes, parallelism, keyId, salt, tag] = phc.exec(text) ?? []
  if (keyId === undefined || salt === undefined || tag === undefined) return undefined
  return {
    cost: { memoryKiB: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    keyId,
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  }
}

const derive = promisify(argon2)

/** One form of what looks the same, however a keyboard puts it together (NIST SP 800-63B §5.1.1.2). */
export const normalized = (password: string): string => password.normalize('NFKC')

export class PasswordHashes {
  readonly #pepper: string
  readonly #keyId: string
  readonly #cost: Argon2Cost
  readonly #gate: Gate
  /** What is compared with where there is no account: nobody's password, at the price of anybody's. */
  readonly #nobodys: Stored
  #computed = 0

  constructor({ pepper, atOnce = 2, cost = argon2Cost }: PasswordHashesOptions) {
    this.#pepper = pepper
    this.#keyId = base64(createHash('sha256').update(pepper).digest().subarray(0, keyIdBytes))
    this.#cost = cost
    this.#gate = new Gate({ places: atOnce, maxWaiting, maxWaitMs })
    this.#nobodys = { cost, keyId: this.#keyId, salt: randomBytes(saltBytes), tag: randomBytes(tagBytes) }
  }

  /** How many were computed: what an attempt costs can be told by counting. */
  get computed(): number {
    return this.#computed
  }

  /** @throws RoundtripError `OVERLOADED` when too many wait already */
  async hash(password: string, signal?: AbortSignal): Promise<string> {
    const salt = randomBytes(saltBytes)
    const tag = await this.#derive(password, this.#cost, salt, signal)
    return format({ cost: this.#cost, keyId: this.#keyId, salt, tag })
  }

  /**
   * Costs one hash whatever comes: without a stored one, or with one that cannot be read, the answer is no just as late.
   * @throws RoundtripError `OVERLOADED` when too many wait already
   */
  async verify(password: string, text: string | undefined, signal?: AbortSignal): Promise<Verdict> {
    const known = text === undefined ? undefined : parse(text)
    // Made with a key that is gone: it can match nothing any more.
    const stored = known?.keyId === this.#keyId ? known : this.#nobodys
    const tag = await this.#derive(password, stored.cost, stored.salt, signal)
    const isRight = timingSafeEqual(tag, stored.tag) && stored !== this.#nobodys
    return { isRight, isOutdated: isRight && !isSameCost(stored.cost, this.#cost) }
  }

  #derive(password: string, cost: Argon2Cost, salt: Buffer, signal: AbortSignal | undefined): Promise<Buffer> {
    return this.#gate.run(async () => {
      this.#computed++
      return derive('argon2id', {
        message: normalized(password),
        nonce: salt,
        parallelism: cost.parallelism,
        tagLength: tagBytes,
        memory: cost.memoryKiB,
        passes: cost.passes,
        secret: this.#pepper,
      })
    }, signal)
  }
}

const isSameCost = (a: Argon2Cost, b: Argon2Cost): boolean =>
  a.memoryKiB === b.memoryKiB && a.passes === b.passes && a.parallelism === b.parallelism
