/** Requests that ask the connection for something before their answer: to continue, or to become a tunnel (RFC 9110 §10.1.1, §9.3.6). */
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { Http2ServerResponse } from 'node:http2'
import { RoundtripError } from '@roundtrip/errors'
import { problemResponse, type Log, type NodeListener } from '@roundtrip/http'
import { allow } from './layers/methods.ts'
import { problemText, refuse } from './malformed.ts'

/**
 * The client holds its content back until it hears 100 (Continue). It hears so when a layer begins to read, and by
 * then every refusal that needs no content has had its turn.
 */
export const continueWhenRead: NodeListener = (request, response) => {
  request.once('resume', () => {
    if (!response.headersSent) response.writeContinue()
  })
}

/** CONNECT never becomes a request for the pipeline: node hands over the bare connection. */
export const answerConnect = (out: Socket | Http2ServerResponse, log: Log): void => {
  const error = new RoundtripError('METHOD_NOT_ALLOWED', undefined, { details: { allow } })
  if (!(out instanceof Http2ServerResponse)) {
    refuse(error, out, log)
    return
  }
  const requestId = randomUUID()
  out.writeHead(error.status, {
    ...Object.fromEntries(problemResponse(error, requestId).fields),
    'x-request-id': requestId,
  })
  out.end(problemText(error, requestId))
}
