import { EventEmitter } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSettings } from '@roundtrip/config'
import { LocalLimiter } from '@roundtrip/rate-limit'
import type { Pool } from '@roundtrip/upstream'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { edgeFile, type EdgeFile } from '../settings/edge-file.ts'
import { settingsFile, recordingLog, startOrigin } from '../testing/test-edge.ts'
import { testContext, testRequest } from '../testing/messages.ts'
import { EdgeRuntime } from './edge-runtime.ts'

const members = [{ origin: 'http://127.0.0.1:1' }]
const plain = { pools: { web: { members } } }

const fileOf = (settings: object): EdgeFile => parseSettings(edgeFile, JSON.stringify(settings), 'edge.yaml')

const start = (settings: object = plain): EdgeRuntime => {
  const { log } = recordingLog()
  const runtime = new EdgeRuntime({
    settings: { accessLog: 'none' },
    file: fileOf(settings),
    instance: 'edge-1',
    publicHttpsPort: 443,
    limiter: new LocalLimiter({ maxKeys: 10 }),
    purgeBus: { publish: () => undefined, subscribe: () => () => undefined },
    sharesCertificate: () => false,
    log,
  })
  onTestFinished(() => runtime.close())
  return runtime
}

/** A request whose client the test holds. */
const ask = (runtime: EdgeRuntime, target = '/') => {
  const ended = new EventEmitter()
  const context = testContext({ onSettled: (listener) => void ended.once('end', listener) })
  const answer = Promise.resolve(runtime.handler(testRequest({ target }), context))
  return { answer, end: () => ended.emit('end', { outcome: 'complete', bodyBytes: 0 }) }
}

/** Of whichever pool. */
const anyPool = (runtime: EdgeRuntime): Pool => Object.getPrototypeOf(runtime.pools.get('web')) as Pool

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

afterEach(() => void vi.restoreAllMocks())

describe('settings that are applied', () => {
  it('change routes at once, and keep the pools and counts of those that stay', async () => {
    const first = await startOrigin((_request, response) => response.end('first'))
    const web = { members: [{ origin: first }] }
    const runtime = start({ pools: { web }, routes: [{ name: 'all' }, { name: 'old', path: '/old' }] })
    const before = runtime.pools.get('web')
    const { answer, end } = ask(runtime)
    expect((await answer).status).toBe(200)
    end()
    runtime.apply(fileOf({ pools: { web, api: web }, routes: [{ name: 'all' }, { name: 'new', path: '/new' }] }))
    expect(runtime.pools.get('web')).toBe(before)
    expect([...runtime.pools.keys()]).toEqual(['web', 'api'])
    expect(Array.from(runtime.figures, ({ route, requests }) => [route, requests])).toEqual([
      ['all', 1],
      ['new', 0],
    ])
    expect(runtime.routeOf(testRequest({ target: '/new' }))?.name).toBe('new')
    expect(runtime.routeOf(testRequest({ target: '/old' }))?.name).toBe('all')
  })

  it('begin the checks of new pools only', async () => {
    const runtime = start()
    await runtime.start()
    const begun = vi.spyOn(anyPool(runtime), 'start')
    runtime.apply(fileOf({ pools: { web: { members }, api: { members } } }))
    expect(begun.mock.contexts).toEqual([runtime.pools.get('api')])
  })

  it('leave a pool that goes to those who began while it was there', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    const origin = await startOrigin(async (_request, response) => {
      await held
      response.end('old')
    })
    const pools = { web: { members: [{ origin }] }, other: { members } }
    const runtime = start({ pools })
    const pool = runtime.pools.get('web') as Pool
    const drained = vi.spyOn(pool, 'drain')
    const closed = vi.spyOn(pool, 'close')
    const { answer, end } = ask(runtime)
    runtime.apply(fileOf({ pools: { other: pools.other }, routes: [{ name: 'all', pool: 'other' }] }))
    runtime.apply(fileOf({ pools: { other: pools.other }, routes: [{ name: 'any', pool: 'other' }] }))
    await turn()
    expect(drained).not.toHaveBeenCalled()
    release()
    expect((await answer).status).toBe(200)
    end()
    await vi.waitFor(() => expect(closed).toHaveBeenCalledOnce())
    expect(drained).toHaveBeenCalledOnce()
  })

  it('close a pool that is still going when the edge ends', () => {
    const runtime = start({ pools: { web: { members }, other: { members } } })
    const closed = vi.spyOn(runtime.pools.get('web') as Pool, 'close')
    ask(runtime).answer.catch(() => undefined)
    runtime.apply(fileOf({ pools: { other: { members } }, routes: [{ name: 'all', pool: 'other' }] }))
    expect(closed).not.toHaveBeenCalled()
    runtime.close()
    expect(closed).toHaveBeenCalledOnce()
  })
})

describe('settings that cannot be applied', () => {
  const caFile = '/nowhere/ca.pem'

  it.each([
    ['a pool', { pools: { web: { members, tls: { caFile } } } }, '/nowhere/ca.pem cannot be read', []],
    ['a route', { ...plain, routes: [{ name: 'all', access: { deny: ['x'] } }] }, 'deny: x is no address', ['fresh']],
    ['what all routes share', { ...plain, purgeFrom: ['x'] }, 'purgeFrom: x is no address', ['fresh']],
    ['a name', { ...plain, routes: [{ name: 'all', pool: 'none' }] }, 'there is no pool none', ['fresh']],
  ])('because of %s change nothing', (_what, settings, problem, made) => {
    const runtime = start()
    const before = [runtime.file, ...runtime.pools.values(), ...runtime.figures]
    const closed = vi.spyOn(anyPool(runtime), 'close')
    const updated = vi.spyOn(anyPool(runtime), 'update')
    const fresh = { members }
    const file = fileOf({ ...settings, pools: { fresh, ...settings.pools } })
    expect(() => runtime.apply(file)).toThrow(problem)
    expect([runtime.file, ...runtime.pools.values(), ...runtime.figures]).toEqual(before)
    expect(updated).not.toHaveBeenCalled()
    // Whatever was made for them is let go of again.
    expect(closed.mock.contexts.map((pool) => (pool as Pool).name)).toEqual(made)
  })

  it('because a file is gone in the middle of it are taken back', () => {
    const runtime = start({ pools: { web: { members }, api: { members } } })
    const before = runtime.file
    vi.spyOn(runtime.pools.get('api') as Pool, 'update').mockImplementation(() => {
      throw new Error('gone')
    })
    const slower = { members, slowStartMs: 5 }
    const closed = vi.spyOn(anyPool(runtime), 'close')
    expect(() => runtime.apply(fileOf({ pools: { web: slower, api: slower, fresh: slower } }))).toThrow('gone')
    expect(runtime.file).toBe(before)
    expect(runtime.pools.get('web')?.settings.slowStartMs).toBe(0)
    expect(closed.mock.contexts.map((pool) => (pool as Pool).name)).toEqual(['fresh'])
  })
})

describe('what waits for the next start', () => {
  it.each([
    ['nothing', {}, []],
    ['what is read anew', { hosts: ['a.test'], limits: { maxBodyBytes: 1, slowRequestMs: 1 } }, []],
    ['stores', { cache: { maxVariants: 3 }, rateLimiter: { maxKeys: 7 } }, ['cache', 'rateLimiter']],
    ['servers', { limits: { http2: { concurrentStreams: 7 } } }, ['limits.http2']],
    [
      'pools that may take longer than clients are waited for',
      { pools: { web: { members, timeouts: { firstByteMs: 3_600_000 } } } },
      ['limits.http1'],
    ],
  ])('is named: %s', (_what, change, later) => {
    expect(start().apply(fileOf({ ...plain, ...change }))).toEqual(later)
  })

  it('is named again until it has been taken over', () => {
    const runtime = start()
    const changed = fileOf({ ...plain, cache: { maxVariants: 3 } })
    expect([runtime.apply(changed), runtime.apply(changed), runtime.apply(fileOf(plain))]).toEqual([
      ['cache'],
      ['cache'],
      [],
    ])
  })
})

it('follows the certificates of the pools that there are now', async () => {
  const file = settingsFile({})
  const runtime = start()
  await runtime.start()
  runtime.apply(fileOf({ pools: { web: { members, tls: { caFile: file } } } }))
  const reconnected = vi.spyOn(anyPool(runtime), 'reconnect')
  writeFileSync(join(file), 'other authorities')
  await vi.waitFor(() => expect(reconnected).toHaveBeenCalledOnce(), { timeout: 5000 })
})
