/** The head of a request (RFC 9112 §3): request line, Host, and framing. */
import { dropConnectionOptions, Fields, isAuthority, isMethod, isTarget } from '@roundtrip/http'
import { RoundtripError } from '@roundtrip/errors'
import { Framing } from './framing.ts'
import { endOfLine, lexFields, refuseControls } from './lex-fields.ts'
import { malformed } from './malformed.ts'

export interface RequestHead {
  readonly method: string
  /** Origin-form, or `*`. */
  readonly target: string
  /** Lower case, from Host. */
  readonly authority: string
  /** Of an absolute-form target; undefined for the other forms. */
  readonly scheme: 'http' | 'https' | undefined
  readonly version: '1.0' | '1.1'
  /** Without Host. */
  readonly fields: Fields
  /** Octets of content; undefined when they are not announced, which for a request means none unless `isChunked`. */
  readonly contentLength: number | undefined
  readonly isChunked: boolean
  /** Whether the client wants to go on using the connection. */
  readonly isPersistent: boolean
  /** Whether the client waits for 100 (Continue) before it sends its content (RFC 9110 §10.1.1). */
  readonly expectsContinue: boolean
}

const refuse = (sentence: string): never => {
  throw malformed('request', sentence)
}

/** Notes what the fields of a request mean to the connection. */
class RequestNotes extends Framing {
  host: string | undefined
  expectsContinue = false
  #lastHost = ''
  #lastAuthority = ''

  override reset(): void {
    super.reset()
    this.host = undefined
    this.expectsContinue = false
  }

  /** All stay but Host, which is the authority. */
  readonly note = (name: string, value: string): boolean => {
    if (name === 'host') {
      this.#noteHost(value)
      return false
    }
    if (name === 'content-length') this.noteContentLength(value)
    else if (name === 'transfer-encoding') this.noteTransferEncoding(value)
    else if (name === 'connection') this.noteConnection(value)
    else if (name === 'expect') this.#noteExpectation(value)
    return true
  }

  /** A comma may stand in a host (RFC 3986 §3.2.2), but some parsers would take it for two of them. */
  #noteHost(value: string): void {
    if (this.host !== undefined) refuse('The request has more than one Host field.')
    if (value !== this.#lastHost) {
      if (!isAuthority(value) || value.includes(',')) refuse('The request names no valid host.')
      this.#lastHost = value
      this.#lastAuthority = value.toLowerCase()
    }
    this.host = this.#lastAuthority
  }

  #noteExpectation(value: string): void {
    if (value.toLowerCase() !== '100-continue') throw new RoundtripError('EXPECTATION_FAILED')
    this.expectsContinue = true
  }
}

/** Parsing never waits, so all parsers of the process share it. */
const notes = new RequestNotes('request')

const knownMethods = ['GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

const methodOf = (text: string): string => {
  for (const known of knownMethods) if (text === known) return known
  if (!isMethod(text)) refuse('The method holds a character that is not allowed.')
  // Its target has a form of its own, which nobody here could act upon.
  if (text === 'CONNECT') throw new RoundtripError('METHOD_NOT_ALLOWED')
  return text
}

/**
 * @param head every line ended by CRLF; the empty line behind the last may be there
 * @param maxFields most field lines; more are `HEADERS_TOO_LARGE`
 * @throws RoundtripError `BAD_REQUEST` when the head could be read in more than one way, `HTTP_VERSION_NOT_SUPPORTED`,
 * `METHOD_NOT_ALLOWED` for CONNECT, `EXPECTATION_FAILED`
 */
export const parseRequestHead = (head: string, maxFields: number): RequestHead => {
  refuseControls(head, 'request')
  const end = endOfLine(head, 0, 'request')
  const methodEnd = head.indexOf(' ')
  const targetEnd = head.indexOf(' ', methodEnd + 1)
  if (methodEnd < 1 || targetEnd === -1 || targetEnd > end)
    refuse('The request line is not method, target and version.')
  const version = versionOf(head.slice(targetEnd + 1, end))
  const method = methodOf(head.slice(0, methodEnd))
  notes.reset()
  const flat = lexFields(head, end + 2, maxFields, 'request', notes.note)
  const authority = notes.host ?? refuse('The request names no valid host.')
  const given = head.slice(methodEnd + 1, targetEnd)
  const absolute = given.charCodeAt(0) === slash ? undefined : splitAbsolute(given, authority)
  const target = absolute?.target ?? given
  if (!isTarget(target)) refuse('The request target must be a path, percent-encoded and without a fragment.')
  if (target === '*' && method !== 'OPTIONS') refuse('Only OPTIONS may ask for *.')
  if (notes.isChunked && version === '1.0') refuse('HTTP/1.0 has no Transfer-Encoding.')
  return {
    method,
    target,
    authority,
    scheme: absolute?.scheme,
    version,
    // Nobody behind us will see what Connection names: a cache, or a rule, that went by it would tell requests apart by
    // what makes no difference to their answers.
    fields: notes.namesFields ? dropConnectionOptions(Fields.adopt(flat)) : Fields.adopt(flat),
    contentLength: notes.contentLength,
    isChunked: notes.isChunked,
    isPersistent: notes.isPersistent(version),
    expectsContinue: notes.expectsContinue && version === '1.1',
  }
}

const versionOf = (text: string): '1.0' | '1.1' => {
  if (text === 'HTTP/1.1') return '1.1'
  if (text === 'HTTP/1.0') return '1.0'
  if (/^HTTP\/[02-9](?:\.\d)?$/.test(text)) {
    throw new RoundtripError('HTTP_VERSION_NOT_SUPPORTED')
  }
  return refuse('The version of the request is not HTTP/1.1 or HTTP/1.0.')
}

const slash = 0x2f

interface AbsoluteForm {
  readonly scheme: 'http' | 'https'
  readonly target: string
}

/** Takes absolute-form apart (RFC 9112 §3.2.2). Some would route by its authority and others by Host: they must agree. */
const splitAbsolute = (target: string, host: string): AbsoluteForm | undefined => {
  const parts = /^(https?):\/\/([^/?#]*)(.*)$/i.exec(target)
  if (parts === null) return undefined
  const [, scheme = '', authority = '', rest = ''] = parts
  if (!isAuthority(authority)) refuse('The request names no valid host.')
  if (authority.toLowerCase() !== host) refuse('Host and the request target name different hosts.')
  return {
    scheme: scheme.toLowerCase() === 'https' ? 'https' : 'http',
    target: rest.startsWith('/') ? rest : `/${rest}`,
  }
}
