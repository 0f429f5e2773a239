/** Purging: which stored responses a command means, how it reaches other processes, and what it does to fetches under way. */

/** What is to go. With `soft` it stays and counts as stale: good while it is asked for again, or when the origin fails. */
export type PurgeCommand = {
  readonly soft?: boolean
} & (
  | { /** Absolute, with its query. */ readonly url: string }
  | { /** Absolute; every URL that begins so. */ readonly prefix: string }
  | { /** Host and optional port, with any scheme. */ readonly host: string }
  | { /** Whatever bears one of them. */ readonly surrogateKeys: readonly string[] }
)

/** Carries commands between worker processes and points of presence. What one publishes all others hear, not itself. */
export interface PurgeBus {
  publish(command: PurgeCommand): void
  /** @param listener says how many stored responses were meant @returns ends the subscription */
  subscribe(listener: (command: PurgeCommand) => number): () => void
}

const hostOf = (key: string): string => {
  const from = key.indexOf('://') + 3
  const to = key.indexOf('/', from)
  return key.slice(from, to === -1 ? undefined : to)
}

/** @param key absolute URL as the store writes it */
export const isMeant = (command: PurgeCommand, key: string, surrogateKeys: readonly string[]): boolean => {
  if ('url' in command) return key === command.url
  if ('prefix' in command) return key.startsWith(command.prefix)
  if ('host' in command) return hostOf(key) === command.host.toLowerCase()
  return command.surrogateKeys.some((one) => surrogateKeys.includes(one))
}

/** Beyond this, fetches older than the oldest command remembered are not stored at all. */
const mostRemembered = 4096

/**
 * The commands that fetches under way have not seen: what the origin said before a purge must not be stored after it
 * as if it were said since. Kept only while such fetches exist.
 */
export class PurgeJournal {
  #sequence = 0
  #underWay = 0
  #entries: { readonly sequence: number; readonly command: PurgeCommand }[] = []
  #forgottenSequence = 0

  /** Begins a fetch. @returns its place in the order of things, for `isOvertaken` and `end` */
  begin(): number {
    this.#underWay++
    return this.#sequence
  }

  /** Fetches that have begun and not ended. */
  get underWay(): number {
    return this.#underWay
  }

  end(): void {
    this.#underWay--
    if (this.#underWay === 0) this.#entries = []
  }

  note(command: PurgeCommand): void {
    this.#sequence++
    if (this.#underWay === 0) {
      this.#forgottenSequence = this.#sequence
      return
    }
    this.#entries.push({ sequence: this.#sequence, command })
    if (this.#entries.length > mostRemembered) this.#forgottenSequence = this.#entries.shift()?.sequence ?? 0
  }

  /** Whether a purge that came after the fetch began means its response. */
  isOvertaken(began: number, key: string, surrogateKeys: readonly string[]): boolean {
    if (began < this.#forgottenSequence) return true
    return this.#entries.some(({ sequence, command }) => sequence > began && isMeant(command, key, surrogateKeys))
  }
}
