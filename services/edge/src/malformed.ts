/** The answer to octets that never became a request: 400, 408 or 431, then the connection ends (RFC 9112 §2.2, §9.6). */
import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { RoundtripError, type ErrorCode } from '@roundtrip/errors'
import { problemResponse, toProblem, type Log } from '@roundtrip/http'

/** How long the client may take to read the answer and close its side. */
const lingerMs = 2000

const sentences: Record<string, string> = {
  HPE_INVALID_TRANSFER_ENCODING: 'Content-Length and Transfer-Encoding contradict each other or are not understood.',
  HPE_UNEXPECTED_CONTENT_LENGTH: 'Content-Length is there twice, or beside Transfer-Encoding.',
  HPE_INVALID_CONTENT_LENGTH: 'Content-Length is not a number.',
  HPE_INVALID_CHUNK_SIZE: 'A chunk of the request body has no valid size.',
  HPE_INVALID_HEADER_TOKEN: 'A field name or value holds a character that is not allowed.',
  HPE_INVALID_METHOD: 'The request does not begin with a method.',
}

const codeOf = (cause: string | undefined): ErrorCode => {
  if (cause === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE'
  if (cause === 'ERR_HTTP_REQUEST_TIMEOUT') return 'REQUEST_TIMEOUT'
  return 'BAD_REQUEST'
}

/** What node's HTTP/1.1 parser and its timers report; anything else is a handshake that failed or a client that left. */
const isAboutHttp = ({ code = '' }: NodeJS.ErrnoException): boolean => /^(HPE_|ERR_HTTP_)/.test(code)

const answered = new WeakSet<Socket>()

/** @param isAnswering whether a response is already on its way on this connection */
export const answerMalformed = (error: NodeJS.ErrnoException, socket: Socket, isAnswering: boolean, log: Log): void => {
  // What still arrives while the answer is being read is as malformed as what came before.
  if (answered.has(socket)) return
  if (!isAboutHttp(error) || !socket.writable || isAnswering) {
    log.debug({ error, client: socket.remoteAddress }, 'connection broken off')
    socket.destroy()
    return
  }
  refuse(new RoundtripError(codeOf(error.code), sentences[error.code ?? ''], { cause: error }), socket, log)
}

/** Answers outside of node's HTTP machinery, on a connection that carries no request any more. */
export const refuse = (problem: RoundtripError, socket: Socket, log: Log): void => {
  const requestId = randomUUID()
  const { code, status, cause } = problem
  const facts = { requestId, client: socket.remoteAddress, code, status, cause: (cause as NodeJS.ErrnoException)?.code }
  log.info(facts, `request refused: ${problem.message}`)
  answered.add(socket)
  socket.end(serialize(problem, requestId))
  // Closing at once would make the client's kernel drop our answer while it still sends.
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  socket.once('close', () => clearTimeout(timer))
}

/** One JSON object, as `problemResponse` writes it. */
export const problemText = (error: RoundtripError, requestId: string): string =>
  `${JSON.stringify(toProblem(error, requestId))}\n`

const serialize = (error: RoundtripError, requestId: string): string => {
  const { status, fields } = problemResponse(error, requestId)
  const text = problemText(error, requestId)
  fields.set('connection', 'close').set('x-request-id', requestId).set('content-length', Buffer.byteLength(text))
  const lines = [...fields].map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`
}
