/** The head of a response (RFC 9112 §4) as a client reads it, and how long its body is (§6.3). */
import { Fields, ownCopy, remembered } from '@roundtrip/http'
import { Framing } from './framing.ts'
import { endOfLine, lexFields, refuseControls } from './lex-fields.ts'
import { malformed } from './malformed.ts'

export interface ResponseHead {
  readonly version: '1.0' | '1.1'
  readonly status: number
  readonly reason: string
  readonly fields: Fields
  /** Octets of content as announced; undefined when they are not. */
  readonly contentLength: number | undefined
  readonly isChunked: boolean
  /** Whether the connection may be used again, once the body has been read to its end. */
  readonly isPersistent: boolean
}

/** Where the body of a response ends: at once, after some octets, at its last chunk, or with the connection. */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' }

const lineEnd = '\r\n'

interface StatusLine {
  /** Its line end included. */
  readonly text: string
  readonly version: '1.0' | '1.1'
  readonly status: number
  readonly reason: string
}

/** The space behind the status is left out by some when there is no reason; nothing else can be meant. */
const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: (.*))?$/

const readStatusLine = remembered((text): StatusLine => {
  const parts = statusLine.exec(text.slice(0, -lineEnd.length))
  if (parts === null) throw malformed('response', 'The next hop sent no valid status line.')
  const [, minor, status, reason = ''] = parts
  return {
    text: ownCopy(text),
    version: minor === '1' ? '1.1' : '1.0',
    status: Number(status),
    reason: ownCopy(reason),
  }
})

/** Most responses begin like the one before; none begins like the first of all. */
let lastLine: StatusLine = { text: '\0', version: '1.1', status: 0, reason: '' }

const statusLineOf = (head: string): StatusLine => {
  if (!head.startsWith(lastLine.text)) {
    lastLine = readStatusLine(head.slice(0, endOfLine(head, 0, 'response') + lineEnd.length))
  }
  return lastLine
}

const none: BodyFraming = { kind: 'none' }
const chunked: BodyFraming = { kind: 'chunked' }
const untilClose: BodyFraming = { kind: 'close' }

/** Parsing never waits, so all parsers of the process share it. */
const framing = new Framing('response')

const note = (name: string, value: string): boolean => {
  if (name === 'content-length') framing.noteContentLength(value)
  else if (name === 'transfer-encoding') framing.noteTransferEncoding(value)
  else if (name === 'connection') framing.noteConnection(value)
  return true
}

/**
 * @param head every line ended by CRLF; the empty line behind the last may be there
 * @throws RoundtripError `UPSTREAM_INVALID` when the head could be read in more than one way
 */
export const parseResponseHead = (head: string, maxFields: number): ResponseHead => {
  refuseControls(head, 'response')
  const { text, version, status, reason } = statusLineOf(head)
  framing.reset()
  const flat = lexFields(head, text.length, maxFields, 'response', note)
  if ((framing.isChunked || framing.hasUnknownCoding) && version === '1.0')
    throw malformed('response', 'HTTP/1.0 has no Transfer-Encoding.')
  return {
    version,
    status,
    reason,
    fields: Fields.adopt(flat),
    contentLength: framing.contentLength,
    isChunked: framing.isChunked,
    isPersistent: framing.isPersistent(version),
  }
}

/** A response before the final one (RFC 9110 §15.2), to be skipped. 101 is final: the connection is HTTP no more. */
export const isInterim = ({ status }: ResponseHead): boolean => status < 200 && status !== 101

/** @param method of the request that is answered */
export const responseBodyFraming = (method: string, head: ResponseHead): BodyFraming => {
  const { status, contentLength } = head
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return none
  if (head.isChunked) return chunked
  if (contentLength === undefined) return untilClose
  return contentLength === 0 ? none : { kind: 'length', bytes: contentLength }
}
