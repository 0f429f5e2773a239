/** Limits of attempts: what one client may do to one account, all clients to one, and one client to all. */
import { LocalLimiter } from '@roundtrip/rate-limit'
import { expect, test } from 'vitest'
import { attemptLimits, type Attempt } from './attempt-limits.ts'

const minuteMs = 60_000

/** How many of `times` attempts pass, one by one. */
const count = async (times: number, one: (n: number) => Promise<boolean>): Promise<number> => {
  let passed = 0
  for (let n = 0; n < times; n++) if (await one(n)) passed++
  return passed
}

const build = (perClient = 1000) => {
  let nowMs = 0
  const keys: string[] = []
  const limiter = new LocalLimiter({ clock: () => nowMs })
  const take = limiter.take.bind(limiter)
  limiter.take = (charges) => {
    keys.push(...charges.map(({ key }) => key))
    return take(charges)
  }
  const limits = attemptLimits({ limiter, key: 'key', perClient })
  const allowed = async (attempt: Attempt, email: string, client: string): Promise<boolean> =>
    limits.take(attempt, { email, client }).then(
      () => true,
      () => false,
    )
  return { limits, allowed, keys, wait: (ms: number) => (nowMs += ms) }
}

test('one client has ten attempts at one account, and ten more in a quarter of an hour', async () => {
  const { allowed, wait } = build()
  const attempt = () => allowed('sign-in', 'a@example.com', '192.0.2.1')
  expect(await count(20, attempt)).toBe(10)
  wait(15 * minuteMs)
  expect(await count(20, attempt)).toBe(10)
})

test('all clients together never have more than 100 attempts in an hour at one account', async () => {
  const { allowed, wait } = build()
  const passed = await count(6000, (n) => {
    wait((60 * minuteMs) / 6000)
    return allowed('sign-in', 'a@example.com', `192.0.2.${n}`)
  })
  expect(passed > 90 && passed <= 100).toBe(true)
})

test('who tries one password at many accounts is stopped as a client', async () => {
  const { allowed } = build(30)
  expect(await count(100, (n) => allowed('sign-in', `${n}@example.com`, '192.0.2.1'))).toBe(30)
  expect(await allowed('sign-in', '1@example.com', '192.0.2.2')).toBe(true)
})

test('nobody fills a mailbox', async () => {
  const { allowed } = build()
  expect(await count(100, (n) => allowed('mail', 'a@example.com', `192.0.2.${n}`))).toBe(5)
})

test('a refusal says when to come back, in whole seconds', async () => {
  const { limits, allowed } = build()
  await count(10, () => allowed('sign-in', 'a@example.com', '192.0.2.1'))
  await expect(limits.take('sign-in', { email: 'a@example.com', client: '192.0.2.1' })).rejects.toMatchObject({
    code: 'RATE_LIMITED',
    details: { retryAfterSeconds: 90 },
  })
})

test('what is counted names nobody', async () => {
  const { allowed, keys } = build()
  await allowed('sign-in', 'alice@example.com', '192.0.2.1')
  expect(keys.join(' ')).not.toMatch(/alice|192/)
  expect(new Set(keys).size).toBe(3)
})
