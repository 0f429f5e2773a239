/** A next hop that does whatever a test tells it to over its IPC channel; health checks it always passes. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { cachedAnswer, type Representation } from './cached-content.ts'
import { contentOf } from './content.ts'
import { http1Modes, http2Modes, type OriginMode } from './origin-modes.ts'
import type { OriginOrder } from './origin-process.ts'

let mode: OriginMode = 'well'

const answerTo = (request: IncomingMessage | Http2ServerRequest, sent: Buffer): Representation | undefined => {
  const { method, url = '', headers } = request
  const cached = cachedAnswer(url, headers, Date.now())
  if (cached !== undefined) return cached
  const content = contentOf(url)
  // Whoever posts gets back what arrived: a body that was mixed up on the way in is seen as well.
  return content && { status: 200, fields: {}, content: method === 'POST' ? sent : content }
}

const serveHttp1 = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const answer = answerTo(request, await buffer(request))
  if (answer === undefined) response.end('well')
  else await http1Modes[mode](response, answer)
}

const serveHttp2 = async (request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> => {
  // Of streams that are reset, as they are meant to be.
  response.stream.on('error', () => undefined)
  const answer = answerTo(request, await buffer(request))
  if (answer === undefined) response.end('well')
  else await http2Modes[mode]?.(response, answer)
}

const startHttp1 = () => {
  const server = createServer((request, response) => {
    serveHttp1(request, response).catch(() => request.socket.destroy())
  })
  server.keepAliveTimeout = 60_000
  return server
}

const startHttp2 = () =>
  createHttp2Server((request, response) => {
    serveHttp2(request, response).catch(() => request.stream.destroy())
  })

const [, , port = '0', protocol] = process.argv
const server = protocol === 'http2' ? startHttp2() : startHttp1()
server.listen(Number(port), '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('message', (order: OriginOrder) => {
  mode = order.mode
  process.send?.('done')
})
process.once('disconnect', () => process.exit())
