/** The internal health listener: alive, and ready for work. Never exposed to clients. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Health } from './component.ts'

/** Starts listening; `/health/live` is 200 while the process turns, `/health/ready` is 200 or 503 with the reasons. */
export const listenForHealth = async (host: string, port: number, health: () => Promise<Health>): Promise<Server> => {
  const server = createServer((request, response) => {
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      response.end(`${JSON.stringify(body)}\n`)
    }
    if (request.url === '/health/live') answer(200, { live: true })
    else if (request.url === '/health/ready') {
      health().then(
        (state) => answer(state.ready ? 200 : 503, state),
        (error: unknown) => answer(503, { ready: false, checks: { health: String(error) } }),
      )
    } else answer(404, { detail: 'Ask for /health/live or /health/ready.' })
  })
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

/** `http://127.0.0.1:9100`, as bound. */
export const addressOf = (server: Pick<Server, 'address'>, scheme = 'http'): string => {
  const { address, port, family } = server.address() as AddressInfo
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
