import { expect, it } from 'vitest'
import { testPool } from './testing-pool.ts'

const latencyOf = ({ pool }: ReturnType<typeof testPool>): number | undefined => pool.status().members[0]?.latencyMs

it('knows how long answers take, and holds failures for slow ones', async () => {
  const test = testPool({ members: [{ origin: 'http://a' }], retry: { maxAttempts: 1 } })
  test.at('a').answer = () => {}
  const first = test.ask()
  await test.time.advance(40)
  test.at('a').calls[0]?.respond()
  await first
  expect(latencyOf(test)).toBe(40)
  test.at('a').answer = (call) => call.fail('CLIENT_CLOSED_REQUEST')
  await test.ask().catch(() => {})
  expect(latencyOf(test)).toBe(40)
  test.at('a').answer = (call) => call.fail('UPSTREAM_UNREACHABLE', false)
  await test.ask().catch(() => {})
  expect(latencyOf(test)).toBe(1000)
})

it('ends an exchange once, even when the transport forgets to say so', async () => {
  const test = testPool({ members: [{ origin: 'http://a' }], retry: { maxAttempts: 1 } })
  const { pool } = test
  test.at('a').send = () => Promise.reject(new Error('refused at once'))
  await expect(test.ask()).rejects.toThrow('refused at once')
  expect(pool.status().inFlight).toBe(0)
})
