/** A next hop that does whatever a test tells it to over its IPC channel; health checks it always passes. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { contentOf } from './content.ts'
import type { OriginMode, OriginOrder } from './origin-process.ts'

let mode: OriginMode = 'well'

const slowMs = 50

type Answer = (response: ServerResponse, content: Buffer) => void

const answers: Readonly<Record<OriginMode, Answer>> = {
  well: (response, content) => void response.writeHead(200, { 'content-length': content.length }).end(content),
  slow: (response, content) => {
    setTimeout(() => {
      response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, content.length / 2))
      setTimeout(() => response.end(content.subarray(content.length / 2)), slowMs)
    }, slowMs)
  },
  garbage: ({ socket }, content) => void socket?.end(Buffer.concat([Buffer.from('\0\r\nHTTP/9.9 OK\r\n'), content])),
  half: (response, content) => {
    response.writeHead(200, { 'content-length': content.length })
    response.write(content.subarray(0, content.length / 2), () => response.socket?.end())
  },
  reset: ({ socket }) => void socket?.resetAndDestroy(),
}

const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { method = '', url = '' } = request
  const sent = await buffer(request)
  const content = contentOf(url)
  if (content === undefined) return void response.end('well')
  // Whoever posts gets back what arrived: a body that was mixed up on the way in is seen as well.
  answers[mode](response, method === 'POST' ? sent : content)
}

const server = createServer((request, response) => {
  serve(request, response).catch(() => request.socket.destroy())
})
server.keepAliveTimeout = 60_000
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('message', (order: OriginOrder) => {
  mode = order.mode
  process.send?.('done')
})
process.once('disconnect', () => process.exit())
