import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { readExposition } from '@roundtrip/metrics/testing'
import { describe, expect, it } from 'vitest'
import { askHttp1, startLoad } from './testing/load.ts'
import { runParent, type RunningParent } from './testing/run-parent.ts'
import { adminOf, type Admin } from './testing/steered-edge.ts'
import { certificateFile, keyFile, settingsFile, startOrigin } from './testing/test-edge.ts'

const main = join(import.meta.dirname, 'main.ts')
const timeout = 60_000
const patiently = { timeout: 20_000, interval: 20 }

interface WholeEdge extends RunningParent {
  readonly admin: Admin
  readonly write: (settings: object) => void
  /** Process ids of the workers. */
  readonly pids: () => Promise<number[]>
}

/** The edge as operators start it: its own entry point, a settings file, two workers. */
const runEdge = async (settings: object): Promise<WholeEdge> => {
  const file = settingsFile(settings)
  const environment = {
    EDGE_SETTINGS_FILE: file,
    EDGE_UPSTREAMS: '',
    EDGE_ADMIN_PORT: '0',
    EDGE_ACCESS_LOG: 'none',
  }
  const parent = await runParent(2, environment, main)
  const admin = adminOf(parent.listeners['admin'] ?? '')
  const pids = async (): Promise<number[]> => {
    const { content } = await admin('GET', '/workers')
    return (content as { workers: { pid: number }[] }).workers.map(({ pid }) => pid)
  }
  return { ...parent, admin, pids, write: (wanted) => writeFileSync(file, JSON.stringify(wanted)) }
}

const uncached = { cache: { enabled: false } }

const settingsFor = (first: string, second: string, turn: 'first' | 'second'): object => ({
  pools: { first: { members: [{ origin: first }] }, second: { members: [{ origin: second }] } },
  routes: [
    { name: 'all', pool: 'first', ...uncached },
    { name: 'cached', path: '/cached', pool: 'first' },
    { name: 'turn', path: '/turn', pool: turn, ...uncached },
  ],
})

/** Over connections of their own, so that every worker is among those who answer. */
const answersTo = async (edge: WholeEdge, path: string): Promise<number[]> => {
  const answers: number[] = []
  for (let i = 0; i < 30; i++) answers.push(await askHttp1(edge, path))
  return answers
}

const numbered = (number: number): Promise<string> =>
  startOrigin((_request, response) => response.setHeader('cache-control', 'max-age=60').end(String(number)))

const responsesOf = (route: string, exposition: unknown): number | undefined =>
  readExposition(String(exposition))
    .get('edge_responses_total')
    ?.series.filter(({ labels }) => labels['route'] === route)
    .reduce((sum, { value }) => sum + value, 0)

describe('an edge of two workers', () => {
  it('is reloaded, purged and recycled under load without a failed request', { timeout }, async () => {
    const [first, second] = [await numbered(1), await numbered(2)]
    const edge = await runEdge(settingsFor(first, second, 'first'))
    const load = startLoad(edge)
    const before = await edge.pids()
    expect(new Set(before).size).toBe(2)

    edge.write(settingsFor(first, second, 'second'))
    expect(await edge.admin('POST', '/reload')).toEqual({ status: 200, content: { workers: 2, later: [] } })
    expect(new Set(await answersTo(edge, '/turn'))).toEqual(new Set([2]))

    const stored = async (): Promise<unknown> => (await edge.admin('GET', '/cache')).content
    await answersTo(edge, '/cached')
    expect(await stored()).toMatchObject({ objects: 2 })
    const purged = await edge.admin('POST', '/cache/purge', { url: 'https://www.roundtrip.test/cached' })
    expect(purged.content).toEqual({ purged: 2, workers: 2, others: 'none' })
    expect(await stored()).toMatchObject({ objects: 0, purged: 2 })

    const drained = await edge.admin('POST', `/pools/second/members/${new URL(second).host}/drain`)
    expect(drained.content).toMatchObject({ workers: 2 })

    const asked = load.requests
    const { status, content } = await edge.admin('POST', '/recycle')
    expect([status, content]).toMatchObject([
      200,
      [
        { slot: 1, state: 'ready' },
        { slot: 2, state: 'ready' },
      ],
    ])
    const after = await edge.pids()
    const pools = await edge.admin('GET', '/pools')
    expect(pools.content).toMatchObject([{ name: 'first' }, { name: 'second', members: [{ state: 'draining' }] }])
    expect(after.filter((pid) => before.includes(pid))).toEqual([])
    await expect.poll(() => load.requests, patiently).toBeGreaterThan(asked + 100)
    await load.stop()
    expect(load.failures).toEqual([])
    // Those that the workers before had answered are among them.
    expect(responsesOf('all', (await edge.admin('GET', '/metrics')).content)).toBeGreaterThanOrEqual(load.requests)
    edge.child.kill('SIGTERM')
    expect(await edge.exit).toBe(0)
  })

  it('replaces a worker that is killed, also while its settings file cannot be used', { timeout }, async () => {
    const [first, second] = [await numbered(1), await numbered(2)]
    const edge = await runEdge(settingsFor(first, second, 'second'))
    edge.write({ routes: 'none' })
    edge.child.kill('SIGHUP')
    await edge.line('the new settings cannot be used')
    const [victim = 0, other = 0] = await edge.pids()
    process.kill(victim, 'SIGKILL')
    await edge.line('a worker ended')
    const isReplaced = async (): Promise<boolean> => {
      const { content } = await edge.admin('GET', '/workers')
      const workers = (content as { workers: { pid: number; state: string }[] }).workers
      return workers.every(({ pid, state }) => pid !== victim && state === 'ready')
    }
    await expect.poll(isReplaced, patiently).toBe(true)
    expect(await edge.pids()).toContain(other)
    expect(new Set(await answersTo(edge, '/turn'))).toEqual(new Set([2]))
    const file = settingsFor(first, second, 'first')
    edge.write(file)
    expect((await edge.admin('POST', '/reload')).content).toEqual({ workers: 2, later: [] })
    expect(new Set(await answersTo(edge, '/turn'))).toEqual(new Set([1]))
  })

  it('is not ready any more while it finishes what it has', { timeout }, async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const origin = await startOrigin(async (_request, response) => {
      asked.resolve()
      await held
      response.end('7')
    })
    const edge = await runEdge(settingsFor(origin, origin, 'first'))
    const ready = async (): Promise<number> => (await fetch(`${edge.health}/health/ready`)).status
    expect(await ready()).toBe(200)
    const answer = askHttp1(edge, '/')
    await asked.promise
    edge.child.kill('SIGTERM')
    await expect.poll(ready, patiently).toBe(503)
    release()
    expect([await answer, await edge.exit]).toEqual([7, 0])
  })
})

it.each(['1', '2'])(
  'an edge of %s with settings that are wrong ends with status 78 and every problem',
  async (workers) => {
    const settings = {
      pools: {},
      routes: [
        { name: 'a', pool: 'x' },
        { name: 'a', path: '/a', pool: 'y' },
      ],
      purgeFrom: ['z'],
    }
    const child = spawn(process.execPath, [main], {
      env: {
        EDGE_SETTINGS_FILE: settingsFile(settings),
        EDGE_WORKERS: workers,
        EDGE_HTTPS_PORT: '0',
        EDGE_CERTIFICATE_FILE: certificateFile,
        EDGE_KEY_FILE: keyFile,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number]>])
    const problems = said.match(/edge\.yaml:1:\d+: \S+/g)?.map((problem) => problem.replace(/^.*: /, ''))
    expect([code, problems]).toEqual([78, ['routes.0.pool:', 'routes.1.name:', 'routes.1.pool:', 'purgeFrom.0:']])
  },
)
