/** The internal listener for those who watch over a service: is it alive, started, ready, and what are its figures. Never exposed to clients. */
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expose, expositionType, type Metric } from '@roundtrip/metrics'
import type { Health } from './component.ts'

/** Who is asked. */
export interface Watched {
  health(): Promise<Health>
  /** Undefined where there are none. */
  metrics(): Promise<readonly Metric[] | undefined>
}

const answer = (response: ServerResponse, status: number, contentType: string, body: string): void => {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body)
}

const answerJson = (response: ServerResponse, status: number, body: object): void =>
  answer(response, status, 'application/json', `${JSON.stringify(body)}\n`)

type Probe = (watched: Watched, response: ServerResponse) => Promise<void>

const probe =
  (isGood: (health: Health) => boolean): Probe =>
  async (watched, response) => {
    const health = await watched.health()
    answerJson(response, isGood(health) ? 200 : 503, health)
  }

const notFound: Probe = async (_, response) =>
  answerJson(response, 404, { detail: 'Ask for /health/live, /health/startup, /health/ready or /metrics.' })

/** By path. */
const probes: ReadonlyMap<string, Probe> = new Map([
  ['/health/live', async (_, response) => answerJson(response, 200, { live: true })],
  ['/health/startup', probe(({ started = true }) => started)],
  ['/health/ready', probe(({ ready }) => ready)],
  [
    '/metrics',
    async (watched, response) => {
      const metrics = await watched.metrics()
      if (metrics === undefined) return notFound(watched, response)
      answer(response, 200, expositionType, expose(metrics))
    },
  ],
])

/** Starts listening; a probe is 200, or 503 with the reasons. @throws the error of `listen` */
export const listenForHealth = async (host: string, port: number, watched: Watched): Promise<Server> => {
  const server = createServer((request, response) => {
    const asked = probes.get(request.url ?? '') ?? notFound
    asked(watched, response).catch((error: unknown) =>
      answerJson(response, 503, { ready: false, checks: { health: String(error) } }),
    )
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
