/** The ways in which a next hop answers, over HTTP/1.1 and over HTTP/2. */
import type { ServerResponse } from 'node:http'
import { constants, type Http2ServerResponse } from 'node:http2'
import { setTimeout as wait } from 'node:timers/promises'
import type { Representation } from './cached-content.ts'

/**
 * `slow`: every third answer comes later than an edge waits for it, the others in pieces; `garbage` is no HTTP; `half`
 * ends in the middle of content of a known length, `half-chunks` between two chunks, `bad-chunks` in what is none.
 */
export type OriginMode = 'well' | 'slow' | 'garbage' | 'half' | 'half-chunks' | 'bad-chunks' | 'reset'

/** What a response of either version can do. */
interface AnyResponse {
  readonly writeHead: (status: number, fields: Record<string, string>) => unknown
  readonly write: (content: Buffer) => unknown
  readonly end: (content: Buffer) => unknown
}

type Answer<R> = (response: R, answer: Representation) => unknown

const halfOf = ({ content }: Representation): Buffer => content.subarray(0, content.length / 2)

const headOf = ({ fields, content, status }: Representation): Record<string, string> =>
  status === 304 ? fields : { ...fields, 'content-length': String(content.length) }

const writeWell: Answer<AnyResponse> = (response, answer) => {
  response.writeHead(answer.status, headOf(answer))
  response.end(answer.content)
}

/** How long the edges of these tests wait for a next hop. */
export const firstByteMs = 1500

const lateMs = 2 * firstByteMs
const pieces = 5
const pieceMs = 30

let slowAnswers = 0

const writeSlowly: Answer<AnyResponse> = async (response, answer) => {
  const isLate = (slowAnswers += 1) % 3 === 0
  await wait(isLate ? lateMs : pieceMs)
  response.writeHead(answer.status, headOf(answer))
  const { content } = answer
  const bytes = Math.ceil(content.length / pieces)
  for (let piece = 0; piece < pieces - 1; piece += 1) {
    response.write(content.subarray(piece * bytes, (piece + 1) * bytes))
    await wait(pieceMs)
  }
  response.end(content.subarray((pieces - 1) * bytes))
}

const chunk = (content: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n')])

/** A chunked response written by hand: half of its content in a chunk, then `end`, then nothing more. */
const chunkedUntil =
  (end: string): Answer<ServerResponse> =>
  async ({ socket }, answer) => {
    const fields = Object.entries(answer.fields).map(([name, value]) => `${name}: ${value}\r\n`)
    const head = `HTTP/1.1 ${answer.status} \r\n${fields.join('')}transfer-encoding: chunked\r\n\r\n`
    const first = answer.content.length < 2 ? Buffer.of() : chunk(halfOf(answer))
    socket?.write(Buffer.concat([Buffer.from(head), first]))
    // What comes with the head can be seen before anything is passed on.
    await wait(pieceMs)
    socket?.end(end)
  }

export const http1Modes: Readonly<Record<OriginMode, Answer<ServerResponse>>> = {
  well: writeWell,
  slow: writeSlowly,
  garbage: ({ socket }, { content }) => socket?.end(Buffer.concat([Buffer.from('\0\r\nHTTP/9.9 OK\r\n'), content])),
  half: (response, answer) => {
    response.writeHead(answer.status, headOf(answer))
    response.write(halfOf(answer), () => response.socket?.end())
  },
  'half-chunks': chunkedUntil(''),
  // Were it skipped, the content would seem to end in good order here.
  'bad-chunks': chunkedUntil('no length\r\n0\r\n\r\n'),
  reset: ({ socket }) => socket?.resetAndDestroy(),
}

/** A stream that breaks off (RFC 9113 §5.4.2). */
const halfStream: Answer<Http2ServerResponse> = (response, answer) => {
  response.writeHead(answer.status, answer.fields)
  response.write(halfOf(answer), () => response.stream.close(constants.NGHTTP2_INTERNAL_ERROR))
}

export const http2Modes: Readonly<Partial<Record<OriginMode, Answer<Http2ServerResponse>>>> = {
  well: writeWell,
  slow: writeSlowly,
  half: halfStream,
  reset: ({ stream }) => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
}
