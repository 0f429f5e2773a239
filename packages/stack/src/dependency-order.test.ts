import { expect, test } from 'vitest'
import { dependenciesOf, forEachInStartOrder, forEachInStopOrder } from './dependency-order.ts'
import { instances } from './topology.ts'

const recorder = () => {
  const order: string[] = []
  const record = async ({ name }: { name: string }): Promise<void> => {
    await Promise.resolve()
    order.push(name)
  }
  return { order, record }
}

test('everything starts after what it needs, and stops before it', async () => {
  const [starts, stops] = [recorder(), recorder()]
  await forEachInStartOrder(instances, starts.record)
  await forEachInStopOrder(instances, stops.record)
  for (const spec of instances) {
    for (const name of dependenciesOf(spec)) {
      expect(starts.order.indexOf(name)).toBeLessThan(starts.order.indexOf(spec.name))
      expect(stops.order.indexOf(name)).toBeGreaterThan(stops.order.indexOf(spec.name))
    }
  }
})

test('what is independent runs side by side', async () => {
  const started: string[] = []
  const both = Promise.withResolvers<void>()
  await forEachInStartOrder(
    instances.filter(({ kind }) => kind === 'redis'),
    async ({ name }) => {
      started.push(name)
      if (started.length === 3) both.resolve()
      await both.promise
    },
  )
  expect(started).toEqual(['redis-cache', 'redis-queue', 'redis-edge'])
})

test('a failure stops what needs it, and is reported when the rest has settled', async () => {
  const { order, record } = recorder()
  const result = forEachInStartOrder(instances, async (spec) => {
    if (spec.name === 'migrate') throw new Error('no database')
    await record(spec)
  })
  await expect(result).rejects.toThrow('no database')
  expect(order).toContain('worker-1')
  expect(order).not.toContain('app-1')
  expect(order).not.toContain('edge-2')
})
