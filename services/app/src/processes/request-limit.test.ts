import Fastify from 'fastify'
import { expect, it } from 'vitest'
import { requestLimit } from './request-limit.ts'

/** After how many answers it says so. */
const reachedAfter = async (maxRequests: number | undefined, random: number, requests: number): Promise<number[]> => {
  const app = Fastify()
  const reached: number[] = []
  let answered = 0
  app.addHook('onResponse', async () => void answered++)
  requestLimit(app, {
    maxRequests,
    onReached: () => reached.push(answered),
    random: () => random,
  })
  app.get('/', async () => 'ok')
  for (let asked = 0; asked < requests; asked++) await app.inject('/')
  await app.close()
  return reached
}

it.each([
  [20, 0, [18, 36]],
  [20, 0.5, [20, 40]],
  [20, 0.999, [22, 44]],
  [1, 0, [1, 2]],
])('is %i, give or take a tenth (%d), and again if nobody came', async (maxRequests, random, expected) => {
  expect(await reachedAfter(maxRequests, random, expected[1] ?? 0)).toEqual(expected)
})

it('is none unless it is set', async () => {
  expect(await reachedAfter(undefined, 0, 30)).toEqual([])
})
