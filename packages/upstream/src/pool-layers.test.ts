import { compose } from '@roundtrip/pipeline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createPool } from './pool.ts'
import { poolLayers, poolTerminal } from './pool-layers.ts'
import { poolSettingsOf, type PoolSettingsInput } from './settings/pool-settings.ts'
import {
  bodyOf,
  silentLog,
  startClosedOrigin,
  startOrigin,
  startRawOrigin,
  testContext,
  testRequest,
} from './testing.ts'

/** A pool on real connections. */
const start = (origins: readonly string[], given: PoolSettingsInput = {}) => {
  const members = origins.map((origin) => ({ origin }))
  const settings = poolSettingsOf({ members, balance: { algorithm: 'round-robin' }, ...given })
  const pool = createPool('web', settings, { log: silentLog, random: () => 0 })
  onTestFinished(() => pool.close())
  const handler = compose(poolLayers(pool), poolTerminal())
  return { pool, ask: async (): Promise<string> => bodyOf(await handler(testRequest(), testContext())) }
}

describe('a pool on real connections', () => {
  it('hides members that are dead, reset, talk garbage or answer 503, and ejects them', async () => {
    const alive = await startOrigin((_request, response) => void response.end('alive'))
    const { pool, ask } = start(
      [
        await startClosedOrigin(),
        await startRawOrigin((socket) => socket.resetAndDestroy()),
        await startRawOrigin((socket) => socket.end('220 smtp ready\r\n')),
        await startOrigin((_request, response) => void response.writeHead(503).end('busy')),
        alive,
      ],
      { retry: { maxAttempts: 5 }, outlierDetection: { consecutiveGatewayErrors: 3 } },
    )
    for (let i = 0; i < 40; i++) expect(await ask()).toBe('alive')
    expect(pool.status().members.filter(({ state }) => state === 'ejected')).toHaveLength(2)
  })

  it('takes the answer of a second member when the first is slow, and lets go of the first', async () => {
    const left = Promise.withResolvers<void>()
    const slow = await startOrigin((_request, response) => void response.once('close', left.resolve))
    const fast = await startOrigin((_request, response) => void response.end('fast'))
    const { pool, ask } = start([slow, fast], { hedge: { delayMs: 1 } })
    expect(await ask()).toBe('fast')
    await left.promise
    expect(pool.status().members[0]).toMatchObject({ inFlight: 0, counters: { failures: {} } })
  })

  it('drains a member while its response is on its way, and reloads without losing one', async () => {
    const arrived = Promise.withResolvers<() => void>()
    const origin = await startOrigin((_request, response) => {
      response.write('begun ')
      arrived.resolve(() => response.end('finished'))
    })
    const other = await startOrigin((_request, response) => void response.end('other'))
    const { pool, ask } = start([origin])
    const first = ask()
    const finish = await arrived.promise
    pool.update(poolSettingsOf({ members: [{ origin: other }] }))
    expect(await ask()).toBe('other')
    finish()
    expect(await first).toBe('begun finished')
  })
})
