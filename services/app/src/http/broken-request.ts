/** The answer to what node:http could not read as a request; there is no reply object for it, only the socket. */
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { problemMediaType } from '@roundtrip/contracts'
import { RoundtripError, type ErrorCode } from '@roundtrip/errors'
import { toProblem } from '@roundtrip/http'
import { notStored } from './cache-control.ts'

const codeOf: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
}

export const answerBrokenRequest = (failure: NodeJS.ErrnoException, socket: Socket): void => {
  if (failure.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const error = new RoundtripError(codeOf[failure.code ?? ''] ?? 'BAD_REQUEST')
  const body = JSON.stringify(toProblem(error, ''))
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    `content-type: ${problemMediaType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `cache-control: ${notStored}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
