import { once } from 'node:events'
import { connect as connectHttp2, constants, type ClientHttp2Session } from 'node:http2'
import { Agent, request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { ca, host } from '../testing/test-edge.ts'
import { runParent, type RunningParent } from '../testing/run-parent.ts'

/** Longer than such a test takes on a machine that has other things to do. */
const timeout = 30_000

/** On a connection of its own unless an agent is given. @returns the answer: the id of the worker's process */
const askHttp1 = async ({ httpsPort }: RunningParent, path = '/', agent = new Agent()): Promise<number> => {
  const request = httpsRequest({
    host: '127.0.0.1',
    port: httpsPort,
    path,
    ca,
    servername: host,
    agent,
    headers: { host },
  })
  const [response] = (await once(request.end(), 'response')) as [NodeJS.ReadableStream & { statusCode: number }]
  const body = await text(response)
  if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${body}`)
  return Number(body)
}

const workersOf = async (parent: RunningParent): Promise<Set<number>> => {
  const pids = new Set<number>()
  for (let i = 0; i < 40; i++) pids.add(await askHttp1(parent))
  return pids
}

interface Load {
  readonly failures: unknown[]
  readonly answeredBy: Set<number>
  requests: number
  readonly stop: () => Promise<void>
}

/** Clients that keep their connection, clients that make a new one for each request, and HTTP/2 clients, each as fast as it can. */
const startLoad = (parent: RunningParent, isExcused: (error: unknown) => boolean = () => false): Load => {
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

  constructor({ httpsPort }: RunningParent) {
    this.#origin = `https://127.0.0.1:${httpsPort}`
  }

  async ask(): Promise<number> {
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = connectHttp2(this.#origin, { ca, servername: host })
      this.#session.on('error', () => undefined)
      const session = this.#session
      session.once('goaway', () => session.close())
      await once(this.#session, 'connect')
    }
    const stream = this.#session.request({ ':authority': host })
    try {
      return Number(await text(stream))
    } catch (error) {
      // Sent when the session was ending already, and not processed: it may be sent again (RFC 9113 §8.7).
      if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) return this.ask()
      throw error
    }
  }

  close(): void {
    this.#session?.destroy()
  }
}

describe('workers', () => {
  it('share the ports and the health listener, and end in good order', { timeout }, async () => {
    const parent = await runParent(2)
    expect((await workersOf(parent)).size).toBe(2)
    const health = await fetch(`${parent.health}/health/ready`)
    expect(await health.json()).toEqual({ ready: true, checks: { moon: 'new', workers: '2 of 2' } })
    parent.child.kill('SIGTERM')
    expect(await parent.exit).toBe(0)
  })

  it('are replaced one by one, five times under load, without a failed request', { timeout: 60_000 }, async () => {
    const parent = await runParent(2)
    const load = startLoad(parent)
    const before = await workersOf(parent)
    for (let times = 1; times <= 5; times++) {
      parent.child.kill('SIGUSR2')
      await expect
        .poll(() => parent.lines.filter(({ message }) => message === 'workers recycled').length, { timeout: 20_000 })
        .toBe(times)
    }
    await load.stop()
    console.log(load.requests, load.answeredBy.size)
    expect(load.failures).toEqual([])
    expect(load.answeredBy.size).toBeGreaterThanOrEqual(2 * 6)
    expect(await workersOf(parent)).not.toEqual(before)
  })

  it('are replaced when killed; only what the dead one held is lost', { timeout }, async () => {
    const parent = await runParent(2)
    const [victim = 0] = await workersOf(parent)
    const load = startLoad(parent)
    await expect.poll(() => load.answeredBy.size).toBe(2)
    process.kill(victim, 'SIGKILL')
    await parent.line('a worker ended')
    await expect.poll(() => load.answeredBy.size, { timeout: 10_000 }).toBe(3)
    await load.stop()
    console.log(load.requests, load.failures.length, load.failures[0])
    // One request on each connection that the dead one had, at most: of thirteen clients.
    expect(load.failures.length).toBeLessThanOrEqual(13)
    expect((await workersOf(parent)).has(victim)).toBe(false)
    parent.child.kill('SIGTERM')
    expect(await parent.exit).toBe(0)
  })

  it('go when their parent is killed', { timeout }, async () => {
    const parent = await runParent(2)
    const pids = await workersOf(parent)
    parent.child.kill('SIGKILL')
    await expect.poll(() => [...pids].filter(isThere), { timeout: 10_000 }).toEqual([])
  })
})

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
