/** Clients for tests of real processes: they ask as fast as they can, in each of the ways that clients have. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import { Agent, request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import type { RunningParent } from './run-parent.ts'
import { ca as firstCertificate, host } from './test-edge.ts'

/** All certificates that a test may put in place. */
export const ca: readonly Buffer[] = [firstCertificate, readFileSync(`${import.meta.dirname}/certificates/renewed.pem`)]

type Target = Pick<RunningParent, 'httpsPort'>

/** On a connection of its own unless an agent is given. @returns the answer: the id of the worker's process */
export const askHttp1 = async ({ httpsPort }: Target, path = '/', agent = new Agent()): Promise<number> => {
  const request = httpsRequest({
    host: '127.0.0.1',
    port: httpsPort,
    path,
    ca: [...ca],
    servername: host,
    agent,
    headers: { host },
  })
  const [response] = (await once(request.end(), 'response')) as [NodeJS.ReadableStream & { statusCode: number }]
  const body = await text(response)
  if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${body}`)
  return Number(body)
}

export interface Load {
  readonly failures: unknown[]
  readonly answeredBy: Set<number>
  requests: number
  readonly stop: () => Promise<void>
}

/** Clients that keep their connection, clients that make a new one for each request, and HTTP/2 clients, each as fast as it can. */
export const startLoad = (parent: Target, isExcused: (error: unknown) => boolean = () => false): Load => {
  const state = { running: true }
  const load: Load = {
    failures: [],
    answeredBy: new Set(),
    requests: 0,
    stop: async () => {
      state.running = false
      await Promise.all(clients)
    },
  }
  const run = async (ask: () => Promise<number>): Promise<void> => {
    while (state.running) {
      try {
        load.answeredBy.add(await ask())
        load.requests++
      } catch (error) {
        if (!isExcused(error)) load.failures.push(error)
      }
    }
  }
  const clients = [
    ...Array.from({ length: 4 }, () => run(() => askHttp1(parent))),
    ...Array.from({ length: 6 }, () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      return run(() => askHttp1(parent, '/', agent)).finally(() => agent.destroy())
    }),
    ...Array.from({ length: 3 }, () => {
      const client = new Http2Client(parent)
      return run(() => client.ask()).finally(() => client.close())
    }),
  ]
  return load
}

/** Makes a new session when the old one is being closed, as every HTTP/2 client does. */
class Http2Client {
  readonly #origin: string
  #session: ClientHttp2Session | undefined

  constructor({ httpsPort }: Target) {
    this.#origin = `https://127.0.0.1:${httpsPort}`
  }

  async ask(): Promise<number> {
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = connectHttp2(this.#origin, { ca: [...ca], servername: host })
      this.#session.on('error', () => undefined)
      const session = this.#session
      session.once('goaway', () => session.close())
      await once(this.#session, 'connect')
    }
    const body = await text(this.#session.request({ ':authority': host }))
    if (body === '') throw new Error('the answer was cut off')
    return Number(body)
  }

  close(): void {
    this.#session?.destroy()
  }
}
