/** From a decoded field block to the head of a request (RFC 9113 §8.1.1–8.3). */
import { RoundtripError } from '@roundtrip/errors'
import { Fields, isAuthority, isTarget } from '@roundtrip/http'
import type { DecodedBlock } from './hpack/decoder.ts'
import type { FieldLine } from './hpack/field-line.ts'
import { kindOf, lineKind } from './line-kind.ts'

export class RequestHead {
  method = ''
  scheme: string | undefined
  authority: string | undefined
  target: string | undefined
  host: string | undefined
  contentLength: number | undefined
  expectation: string | undefined
  readonly fields: Fields
  /** Why it is no request at all, for RST_STREAM; undefined when it is one. */
  malformed: string | undefined
  readonly #flat: string[] = []
  #cookies: string[] | undefined

  constructor({ lines }: DecodedBlock) {
    for (const line of lines) this.#take(line, kindOf(line))
    // One line of cookies, for HTTP/1.1 knows no other way (RFC 9113 §8.2.3).
    if (this.#cookies !== undefined) this.#flat.push('cookie', this.#cookies.join('; '))
    this.fields = Fields.adopt(this.#flat)
    this.#checkPseudoFields()
  }

  #take(line: FieldLine, kind: number): void {
    if (kind === lineKind.regular) this.#flat.push(line.name, line.value)
    else if (kind === lineKind.malformed) this.malformed ??= 'a field that no request may have'
    else if (kind <= lineKind.path) this.#takePseudo(line.value, kind)
    else if (kind === lineKind.cookie) this.#takeCookie(line.value)
    else this.#takeSpecial(line, kind)
  }

  #takePseudo(value: string, kind: number): void {
    const hasField = this.#flat.length > 0 || this.#cookies !== undefined || this.host !== undefined
    if (hasField) this.malformed ??= 'a pseudo-field behind a field'
    if (kind === lineKind.method) this.method = this.#once(this.method === '' ? undefined : this.method, value)
    else if (kind === lineKind.scheme) this.scheme = this.#once(this.scheme, value)
    else if (kind === lineKind.authority) this.authority = this.#once(this.authority, value)
    else this.target = this.#once(this.target, value)
  }

  #takeCookie(value: string): void {
    if (this.#cookies === undefined) this.#cookies = [value]
    else this.#cookies.push(value)
  }

  #takeSpecial({ name, value }: FieldLine, kind: number): void {
    if (kind === lineKind.host) {
      this.host = this.#once(this.host, value)
      return
    }
    if (kind === lineKind.contentLength) this.contentLength = this.#once(this.contentLength, Number(value))
    else this.expectation = this.#once(this.expectation, value)
    this.#flat.push(name, value)
  }

  #once<T>(known: T | undefined, value: T): T {
    if (known !== undefined) this.malformed ??= 'a field twice that may come once'
    return value
  }

  #checkPseudoFields(): void {
    if (this.malformed !== undefined) return
    if (this.method === '') this.malformed = 'no :method'
    else if (this.method === 'CONNECT') {
      if (this.scheme !== undefined || this.target !== undefined) this.malformed = 'CONNECT with :scheme or :path'
    } else if (this.scheme === undefined || this.target === undefined) this.malformed = 'no :scheme or no :path'
    else if (this.target === '') this.malformed = 'an empty :path'
  }
}

/** Where a request goes. */
export interface RequestPlace {
  readonly target: string
  /** In lower case. */
  readonly authority: string
}

const refuse = (detail: string): never => {
  throw new RoundtripError('BAD_REQUEST', detail)
}

/**
 * The target and authority of a well-formed head.
 *
 * @throws RoundtripError for a request that can be answered, though not served
 */
export const requestTarget = (head: RequestHead, scheme: string): RequestPlace => {
  if (head.method === 'CONNECT') {
    throw new RoundtripError('METHOD_NOT_ALLOWED', 'This server opens no tunnels.', {
      details: { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' },
    })
  }
  if (head.scheme !== scheme) refuse(`This connection carries ${scheme} only.`)
  const target = head.target ?? ''
  if (!isTarget(target)) refuse('The request target must be a path, percent-encoded and without a fragment.')
  if (target === '*' && head.method !== 'OPTIONS') refuse('Only OPTIONS may ask for *.')
  if (head.expectation !== undefined && head.expectation.toLowerCase() !== '100-continue') {
    throw new RoundtripError('EXPECTATION_FAILED')
  }
  return { target, authority: authorityOf(head) }
}

/** A Host that contradicts `:authority` is refused, as RFC 9113 §8.3.1 lets us: the next hop might believe the other. */
const authorityOf = ({ authority: given, host }: RequestHead): string => {
  const authority = (given ?? host ?? '').toLowerCase()
  if (host !== undefined && host.toLowerCase() !== authority) refuse('Host and :authority name different hosts.')
  if (!isAuthority(authority)) refuse('The request names no valid host.')
  return authority
}

/** Trailers are checked like any fields, then dropped: no tier forwards them (RFC 9113 §8.1). */
export const areTrailersWellFormed = ({ lines }: DecodedBlock): boolean =>
  lines.every((line) => {
    const kind = kindOf(line)
    return kind === lineKind.regular || kind >= lineKind.host
  })
