/** The origin behind the edge of a suite: answers everything, and remembers what reached it. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Origin {
  readonly address: string
  /** Method and target of every request but health checks, in order. */
  readonly seen: string[]
  readonly close: () => void
}

export const startOrigin = async (): Promise<Origin> => {
  const seen: string[] = []
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request
    if (url !== '/health') seen.push(`${method} ${url}`)
    request.resume()
    request.on('end', () => response.end('an answer of the origin, long enough to be sent in several frames'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, close }
}
