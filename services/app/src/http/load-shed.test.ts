import Fastify from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LoadShedder } from '../load/load-shedder.ts'
import { loadShed } from './load-shed.ts'
import type { AppServer } from './server.ts'

const settings = { maxInFlight: 1000, maxLoopDelayMs: 20, maxHeapBytes: undefined }

/** With routes that answer at once, and one that waits until it is let go of. */
const start = async (shedder: Pick<LoadShedder, 'admit' | 'left'>) => {
  const app = Fastify() as unknown as AppServer
  loadShed(app, shedder, () => 0.99)
  for (const path of ['/api/products', '/health/live']) app.get(path, async () => ({ ok: true }))
  const held = Promise.withResolvers<void>()
  const isHeld = Promise.withResolvers<void>()
  app.post('/api/orders', async () => {
    isHeld.resolve()
    await held.promise
    return { ok: true }
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => app.close())
  return { url, held, isHeld: isHeld.promise }
}

const startShedder = (changed: Partial<typeof settings> = {}): LoadShedder => {
  const shedder = new LoadShedder({ settings: { ...settings, ...changed } })
  onTestFinished(() => shedder.close())
  return shedder
}

describe('what is too much', () => {
  it('is refused with a problem and the time to come back, and not asked again; probes never are', async () => {
    const asked: string[] = []
    const { url } = await start({
      admit: (priority) => {
        asked.push(priority)
        return false
      },
      left: () => asked.push('left'),
    })
    const refused = await fetch(`${url}/api/products`)
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(refused.headers.get('content-type')).toContain('application/problem+json')
    expect(await refused.json()).toMatchObject({ status: 503, code: 'OVERLOADED', instance: '/api/products' })
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
    expect(asked).toEqual(['sheddable'])
  })

  it('is no more than what is in hand until it is answered, or its client has gone', async () => {
    const shedder = startShedder({ maxInFlight: 2, maxLoopDelayMs: 60_000 })
    const { url, held, isHeld } = await start(shedder)
    const leaving = new AbortController()
    const gone = fetch(`${url}/api/orders`, { method: 'POST', signal: leaving.signal })
    await isHeld
    expect(shedder.status().inFlight).toBe(1)
    leaving.abort()
    await expect(gone).rejects.toThrow('aborted')
    await expect.poll(() => shedder.status().inFlight).toBe(0)
    const orders = [1, 2].map(() => fetch(`${url}/api/orders`, { method: 'POST' }))
    await expect.poll(() => shedder.status().inFlight).toBe(2)
    expect((await fetch(`${url}/api/products`)).status).toBe(503)
    held.resolve()
    expect((await Promise.all(orders)).map(({ status }) => status)).toEqual([200, 200])
    await expect.poll(() => shedder.status().inFlight).toBe(0)
    expect((await fetch(`${url}/api/products`)).status).toBe(200)
  })

  it('is what comes to a loop that is always late, until it is in time again', async () => {
    const shedder = startShedder()
    const { url } = await start(shedder)
    const block = { isOn: true }
    const turn = (): void => {
      const until = performance.now() + 80
      while (performance.now() < until);
      if (block.isOn) setTimeout(turn)
    }
    turn()
    await expect.poll(async () => (await fetch(`${url}/api/products`)).status, { timeout: 20_000 }).toBe(503)
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
    block.isOn = false
    await expect.poll(async () => (await fetch(`${url}/api/products`)).status, { timeout: 20_000 }).toBe(200)
  }, 40_000)
})
