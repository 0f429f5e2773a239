/** The fields of one record's data in a zone file (RFC 1035 §5.1), read in order. */
import { RoundtripError } from '@roundtrip/errors'
import { parseName, type Name } from '../name.ts'
import { parseTtl } from './ttl.ts'

/** One word or one quoted string; escapes are still in it. */
export interface ZoneToken {
  readonly text: string
  readonly quoted: boolean
  /** 1 for the first line of the file. */
  readonly line: number
}

/** An error at a line; the parser puts the file's name in front. */
export const zoneProblem = (line: number, problem: string): RoundtripError =>
  new RoundtripError('ZONE_INVALID', `${line}: ${problem}`, { details: { line } })

/** Every reader throws RoundtripError `ZONE_INVALID` naming the line and what was expected there. */
export class RdataFields {
  readonly #tokens: readonly ZoneToken[]
  readonly #line: number
  readonly #origin: Name | undefined
  #next = 0

  /** @param line where the entry began, for what is missing at its end */
  constructor(tokens: readonly ZoneToken[], line: number, origin: Name | undefined) {
    this.#tokens = tokens
    this.#line = line
    this.#origin = origin
  }

  get isEmpty(): boolean {
    return this.#next >= this.#tokens.length
  }

  /** @param expected completes "expected …" */
  token(expected: string): ZoneToken {
    const token = this.#tokens[this.#next]
    if (token === undefined) {
      throw zoneProblem(this.#tokens.at(-1)?.line ?? this.#line, `the entry ends too early: expected ${expected}`)
    }
    this.#next += 1
    return token
  }

  name(expected: string): Name {
    const token = this.token(expected)
    return nameOf(token, this.#origin)
  }

  integer(expected: string, max: number): number {
    const { text, line } = this.token(expected)
    if (/^\d{1,10}$/.test(text) && Number(text) <= max) return Number(text)
    throw zoneProblem(
      line,
      `${JSON.stringify(text)} is not valid: expected ${expected}, a whole number from 0 to ${max}`,
    )
  }

  seconds(expected: string): number {
    const { text, line } = this.token(expected)
    const seconds = parseTtl(text)
    if (seconds !== undefined) return seconds
    throw zoneProblem(line, `${JSON.stringify(text)} is not valid: expected ${expected}, in seconds or as in 1h30m`)
  }

  /** At most 255 octets, quoted or not (RFC 1035 §5.1). */
  characterString(expected: string): string {
    const { text, line } = this.token(expected)
    // In UTF-8, so that a zone file may hold more than ASCII in its texts.
    const octets = unescape(Buffer.from(text, 'utf8').toString('latin1'))
    if (octets.length <= 255) return octets
    throw zoneProblem(line, `the text has ${octets.length} octets: expected at most 255, split it into several strings`)
  }

  end(): void {
    const extra = this.#tokens[this.#next]
    if (extra !== undefined) {
      throw zoneProblem(extra.line, `${JSON.stringify(extra.text)} is too much: expected the end of the entry`)
    }
  }
}

/** Ends with a dot that no backslash takes its meaning from. */
const isAbsolute = (text: string): boolean => /(?<!\\)(?:\\\\)*\.$/.test(text)

/** `@` is the origin, a name without a final dot is relative to it. */
export const nameOf = ({ text, quoted, line }: ZoneToken, origin: Name | undefined): Name => {
  if (origin === undefined && !isAbsolute(text)) {
    throw zoneProblem(line, `${JSON.stringify(text)} is relative, but to what? expected a $ORIGIN line above`)
  }
  if (origin !== undefined && text === '@' && !quoted) return origin
  try {
    return parseName(text, origin)
  } catch (error) {
    throw zoneProblem(line, `${JSON.stringify(text)}: ${(error as Error).message}`)
  }
}

/** A quoted string with whatever needs it escaped: the inverse of `characterString`. */
export const quote = (octets: string): string =>
  `"${octets.replaceAll(/[^ !#-[\]-~]/g, (octet) =>
    octet === '"' || octet === '\\' ? `\\${octet}` : `\\${String(octet.charCodeAt(0)).padStart(3, '0')}`,
  )}"`

const unescape = (text: string): string =>
  text.replaceAll(/\\(25[0-5]|2[0-4]\d|[01]\d\d|[^\d])/g, (_, escaped: string) =>
    escaped.length === 3 ? String.fromCharCode(Number(escaped)) : escaped,
  )
