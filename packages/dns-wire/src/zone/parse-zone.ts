/** Master files to zones (RFC 1035 §5), every problem found before any is reported. */
import { RoundtripError } from '@roundtrip/errors'
import type { Name } from '../name.ts'
import { nameOf, RdataFields, zoneProblem, type ZoneToken } from './rdata-fields.ts'
import { parseRdata } from '../rdata/index.ts'
import type { RecordOf, ResourceRecord } from '../record.ts'
import { parseType, type RecordType } from '../registry.ts'
import { checkZone } from './check-zone.ts'
import { readEntries, type ZoneEntry } from './lexer.ts'
import { parseTtl } from './ttl.ts'

export interface Zone {
  /** The apex. */
  readonly origin: Name
  readonly soa: RecordOf<'SOA'>
  /** All records, the SOA included, in the order of the file; none twice. */
  readonly records: readonly ResourceRecord[]
}

/** A record and where it stands, for checks that look at several. */
export interface PlacedRecord {
  readonly record: ResourceRecord
  readonly line: number
}

export interface ZoneSource {
  /** Shown in errors. */
  readonly file: string
  /** What relative names are relative to until `$ORIGIN` says otherwise. */
  readonly origin?: Name
}

/** A file that is no zone file at all has one problem per line. */
const maxProblems = 20

/**
 * @throws RoundtripError `ZONE_INVALID`, its message one line per problem: `file:line: what is wrong: expected …`
 */
export const parseZone = (text: string, source: ZoneSource): Zone => {
  const problems: string[] = []
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof RoundtripError) || error.code !== 'ZONE_INVALID') throw error
      problems.push(`${source.file}:${error.message}`)
      return undefined
    }
  }
  const reader = new EntryReader(source.origin)
  const placed: PlacedRecord[] = []
  for (const entry of attempt(() => readEntries(text)) ?? []) {
    const record = attempt(() => reader.read(entry))
    if (record !== undefined) placed.push({ record, line: entry.line })
  }
  if (problems.length === 0) {
    const zone = checkZone(placed, (line, problem) => problems.push(`${source.file}:${line}: ${problem}`))
    if (zone !== undefined && problems.length === 0) return zone
  }
  const more = problems.length - maxProblems
  const shown = more > 0 ? [...problems.slice(0, maxProblems), `${source.file}: and ${more} more problems`] : problems
  throw new RoundtripError('ZONE_INVALID', shown.join('\n'), { details: { problems: shown } })
}

/** What one entry hands to the next: origin, default TTL, last owner. */
class EntryReader {
  #origin: Name | undefined
  #owner: Name | undefined
  #defaultTtl: number | undefined
  #lastTtl: number | undefined

  constructor(origin: Name | undefined) {
    this.#origin = origin
  }

  /** The record of an entry; undefined for a directive. */
  read(entry: ZoneEntry): ResourceRecord | undefined {
    const [first, ...rest] = entry.tokens as [ZoneToken, ...ZoneToken[]]
    if (!first.quoted && first.text.startsWith('$')) {
      this.#direct(first, rest)
      return undefined
    }
    if (!entry.startsBlank) this.#owner = nameOf(first, this.#origin)
    else if (this.#owner === undefined) {
      throw zoneProblem(entry.line, 'the entry has no owner: expected a name at the start of the line')
    }
    return this.#record(this.#owner, entry.startsBlank ? entry.tokens : rest, entry.line)
  }

  #direct(directive: ZoneToken, rest: readonly ZoneToken[]): void {
    const name = directive.text.toUpperCase()
    const fields = new RdataFields(rest, directive.line, this.#origin)
    if (name === '$ORIGIN') this.#origin = fields.name('a domain name')
    else if (name === '$TTL') this.#defaultTtl = fields.seconds('the default TTL')
    else {
      throw zoneProblem(directive.line, `${directive.text} is not supported: expected $ORIGIN, $TTL or a record`)
    }
    fields.end()
  }

  /** After the owner: `[ttl] [class] type data`, TTL and class in either order. */
  #record(owner: Name, tokens: readonly ZoneToken[], line: number): ResourceRecord {
    let ttl: number | undefined
    let index = 0
    for (; index < 2; index++) {
      const text = tokens[index]?.text ?? ''
      const seconds = parseTtl(text)
      if (seconds !== undefined && ttl === undefined) ttl = seconds
      else if (isClass(text)) this.#acceptClass(tokens[index] as ZoneToken)
      else break
    }
    const type = recordType(tokens[index], line)
    const fields = new RdataFields(tokens.slice(index + 1), tokens[index]?.line ?? line, this.#origin)
    const data = parseRdata(type, fields)
    fields.end()
    return { name: owner, class: 'IN', ttlSeconds: this.#ttlOf(ttl, line), ...data }
  }

  #acceptClass(token: ZoneToken): void {
    if (token.text.toUpperCase() === 'IN') return
    throw zoneProblem(token.line, `the class ${token.text} is not supported: expected IN`)
  }

  /** RFC 2308 §4: the record's own, else `$TTL`, else (RFC 1035) that of the record before. */
  #ttlOf(own: number | undefined, line: number): number {
    const ttl = own ?? this.#defaultTtl ?? this.#lastTtl
    if (ttl === undefined) throw zoneProblem(line, 'the record has no TTL: expected one here or in a $TTL line above')
    this.#lastTtl = ttl
    return ttl
  }
}

const isClass = (text: string): boolean => /^(IN|CH|HS|CS|CLASS\d+)$/i.test(text)

/** Types that exist in queries and on the wire only (RFC 6895 §3.1). */
const isStorable = (type: RecordType): boolean => !['OPT', 'TSIG', 'IXFR', 'AXFR', 'ANY'].includes(type)

const recordType = (token: ZoneToken | undefined, line: number): RecordType => {
  if (token === undefined) throw zoneProblem(line, 'the entry ends too early: expected a record type')
  const type = token.quoted ? undefined : parseType(token.text)
  if (type !== undefined && isStorable(type)) return type
  throw zoneProblem(
    token.line,
    `${JSON.stringify(token.text)} is not valid: expected a record type such as A or TYPE65280`,
  )
}
