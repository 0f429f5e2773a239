import type { Health } from '@roundtrip/service'
import { expect, it } from 'vitest'
import { groupHealth } from './group-health.ts'
import { joinedBuses } from './testing/joined-buses.ts'
import { healthTopic } from './topics.ts'

const healthOf = (all: readonly Health[], count = all.length): Promise<Health> => {
  const { parent, workers } = joinedBuses(all.length)
  for (const [index, health] of all.entries()) workers[index]?.subscribe(healthTopic, () => health)
  return groupHealth(parent, count)
}
const well: Health = { ready: true, checks: { postgres: 'ok' } }
const unwell: Health = { ready: false, checks: { postgres: 'unreachable', cache: 'down' } }

it('is good as long as one worker is ready, whose word on neighbours counts', async () => {
  const checks = { postgres: 'ok', cache: 'down', workers: '1 of 2' }
  expect(await healthOf([unwell, well])).toEqual({ ready: true, started: true, checks })
  expect(await healthOf([well, unwell])).toEqual({ ready: true, started: true, checks })
})

it('is bad when none is ready, or none answers', async () => {
  expect(await healthOf([unwell, unwell])).toMatchObject({ ready: false, checks: { workers: '0 of 2' } })
  expect(await healthOf([], 3)).toEqual({ ready: false, started: false, checks: { workers: '0 of 3' } })
})

it('has started when one worker has', async () => {
  const starting = { ...unwell, started: false }
  expect(await healthOf([starting, starting])).toMatchObject({ started: false })
  expect(await healthOf([starting, unwell])).toMatchObject({ started: true })
})
