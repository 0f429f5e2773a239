/** The head of a response as it goes out (RFC 9112 §4, §6): framed by us, whatever the handler thought. */
import { STATUS_CODES } from 'node:http'
import { Readable } from 'node:stream'
import { RoundtripError } from '@roundtrip/errors'
import { isFieldName, isFieldValue, type Fields, type HttpResponse } from '@roundtrip/http'
import { knownNames } from '../known-names.ts'
import type { RequestHead } from '../parse-request.ts'

/** How a response will end, and what it carries. */
export interface ResponseFraming {
  readonly contentLength: number | undefined
  readonly isChunked: boolean
  /** Only the end of the connection tells an HTTP/1.0 client where such a body ends. */
  readonly endsWithConnection: boolean
  /** What is to be sent behind the head. */
  readonly body: HttpResponse['body']
}

/** Said of a connection by its server alone, or written anew. */
const isOurs = (name: string): boolean =>
  name === 'content-length' || name === 'connection' || name === 'transfer-encoding' || name === 'keep-alive'

/** Statuses that never carry content (RFC 9110 §6.4.1). */
const isBodiless = (status: number): boolean => status === 204 || status === 304

const unsendable = (sentence: string): RoundtripError => new RoundtripError('INTERNAL', undefined, { cause: sentence })

/** @throws RoundtripError `INTERNAL` when the handler announced a length that is none, or a status that is not final */
export const frameResponse = (
  request: Pick<RequestHead, 'method' | 'version'>,
  response: HttpResponse,
): ResponseFraming => {
  const { status, body } = response
  if (!Number.isInteger(status) || status < 200 || status > 999) throw unsendable(`status ${status} is not final`)
  const isSilent = request.method === 'HEAD' || isBodiless(status)
  const contentLength = status === 204 ? undefined : lengthOf(request.method, response)
  if (isSilent) return { contentLength, isChunked: false, endsWithConnection: false, body: undefined }
  const isUnknown = contentLength === undefined
  return {
    contentLength,
    isChunked: isUnknown && request.version === '1.1',
    endsWithConnection: isUnknown && request.version === '1.0',
    body,
  }
}

/** A body in memory knows its length best; without one, HEAD and 304 say what the handler announced (RFC 9110 §8.6). */
const lengthOf = (method: string, { status, fields, body }: HttpResponse): number | undefined => {
  if (typeof body === 'string') return Buffer.byteLength(body)
  if (body instanceof Readable) return announcedBytes(fields)
  if (body !== undefined) return body.byteLength
  return method === 'HEAD' || status === 304 ? announcedBytes(fields) : 0
}

const announcedBytes = (fields: Fields): number | undefined => {
  const announced = fields.get('content-length')
  if (announced === undefined) return undefined
  if (!/^\d{1,15}$/.test(announced)) throw unsendable(`content-length ${announced} is not a number`)
  return Number(announced)
}

const statusLines: ReadonlyMap<number, string> = new Map(
  Object.entries(STATUS_CODES).map(([status, reason = '']) => [Number(status), `HTTP/1.1 ${status} ${reason}\r\n`]),
)

const statusLine = (status: number): string => statusLines.get(status) ?? `HTTP/1.1 ${status} \r\n`

/** A head in two pieces, one behind the other. */
export interface SerializedHead {
  /** The same for many responses, so it is there as octets too. */
  readonly beginning: Beginning
  readonly rest: string
}

export const textOf = ({ beginning, rest }: SerializedHead): string => beginning.text + rest

/**
 * @param connection the Connection field line, or nothing
 * @throws RoundtripError `INTERNAL` when a field cannot be sent: a line end in one would begin another response
 */
export const serializeHead = (
  { status, fields }: HttpResponse,
  { contentLength, isChunked }: ResponseFraming,
  connection: string,
): SerializedHead => {
  const { flat } = fields
  const beginning = beginningOf(status, flat)
  let rest = fieldLines(flat, beginning.flat.length)
  if (beginning === noBeginning) rest = statusLine(status) + rest
  if (!fields.has('date')) rest += dateLine()
  if (isChunked) rest += 'transfer-encoding: chunked\r\n'
  else if (contentLength !== undefined) rest += `content-length: ${contentLength}\r\n`
  return { beginning, rest: `${rest}${connection}\r\n` }
}

/** A head ahead of the final one (RFC 9110 §15.2). @throws RoundtripError `INTERNAL` when a field cannot be sent */
export const serializeInterim = (status: number, { flat }: Fields): string =>
  `${statusLine(status)}${fieldLines(flat, 0)}\r\n`

const fieldLines = (flat: readonly string[], start: number): string => {
  let lines = ''
  for (let i = start; i < flat.length; i += 2) {
    const name = flat[i] ?? ''
    if (!isOurs(name)) lines += fieldLine(i, name, flat[i + 1] ?? '')
  }
  return lines
}

/** The status line and the first fields of responses. */
export interface Beginning {
  readonly status: number
  readonly flat: readonly string[]
  readonly text: string
  readonly octets: Buffer
}

const noBeginning: Beginning = { status: 0, flat: [], text: '', octets: Buffer.alloc(0) }
let lastBeginning = noBeginning

const makeBeginning = (status: number, flat: readonly string[]): Beginning => {
  const octets = Buffer.from(statusLine(status) + fieldLines(flat, 0), 'latin1')
  return { status, flat, text: octets.toString('latin1'), octets }
}

/** In responses: so seldom that it costs nothing, and often enough to follow what changes each second. */
const learnsEvery = 256

let responses = 0
let flatBefore: readonly string[] = []

/** How many places hold the same in both, from the first on; a name and its value make two. */
const samePlaces = (one: readonly string[], other: readonly string[]): number => {
  let at = 0
  while (at < one.length && at < other.length && one[at] === other[at]) at++
  return at - (at % 2)
}

/** What two responses in a row say alike is made octets once: for a busy cache that is all up to the id of the request. */
const beginningOf = (status: number, flat: readonly string[]): Beginning => {
  if (++responses % learnsEvery === 0) {
    lastBeginning = makeBeginning(status, flat.slice(0, samePlaces(flat, flatBefore)))
  }
  flatBefore = flat
  const { status: lastStatus, flat: lastFlat } = lastBeginning
  return status === lastStatus && samePlaces(lastFlat, flat) === lastFlat.length ? lastBeginning : noBeginning
}

interface Line {
  readonly name: string
  value: string
  text: string
}

/** The last line of each well-known name: most responses say what the one before has said. */
const lastLines = new Map(
  [...knownNames.values()].map((name): [string, Line] => [name, { name, value: '', text: `${name}: \r\n` }]),
)

/** The same by the place at which they stood last: responses say it in the same order, and this is cheaper than a Map. */
const linesByPlace: (Line | undefined)[] = Array.from({ length: 64 }, () => undefined)

/** @param place of the field in its list */
const fieldLine = (place: number, name: string, value: string): string => {
  const there = linesByPlace[place]
  if (there !== undefined && there.name === name && there.value === value) return there.text
  const last = lastLines.get(name)
  if (place < linesByPlace.length) linesByPlace[place] = last
  if (last?.value === value) return last.text
  if (last === undefined && !isFieldName(name)) throw unsendable('a field name holds a character that is not allowed')
  if (!isFieldValue(value)) throw unsendable(`the field ${name} holds a character that is not allowed`)
  const text = `${name}: ${value}\r\n`
  if (last !== undefined && value.length <= longestRemembered) {
    last.value = value
    last.text = text
  }
  return text
}

const longestRemembered = 256

let dateSecond = 0
let currentDateLine = ''

/** Written anew once a second: it costs more than all the rest of a head. */
const dateLine = (): string => {
  const second = Math.trunc(Date.now() / 1000)
  if (second !== dateSecond) {
    dateSecond = second
    currentDateLine = `date: ${new Date(second * 1000).toUTCString()}\r\n`
  }
  return currentDateLine
}
