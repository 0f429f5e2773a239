import { expect, test } from 'vitest'
import { dependenciesOf } from './dependency-order.ts'
import { instances, instancesOf, networksOf, type InstanceSpec } from './topology.ts'

const named = (name: string): InstanceSpec => instancesOf(name)[0] as InstanceSpec

test('names are unique and every neighbour exists', () => {
  const names = instances.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(instances.flatMap(dependenciesOf).filter((name) => !names.includes(name))).toEqual([])
})

test('who talks to each other shares a network', () => {
  const apart = instances.flatMap((spec) =>
    spec.talksTo.filter((name) => !networksOf(named(name)).some((network) => networksOf(spec).includes(network))),
  )
  expect(apart).toEqual([])
})

test.each([
  ['edge-1', 'app-1'],
  ['edge-1', 'postgres-primary'],
  ['web-1', 'redis-queue'],
  ['dns', 'web-1'],
  ['edge-1', 'redis-queue'],
  ['edge-1', 'redis-cache'],
  ['edge-1', 'worker-1'],
  ['worker-1', 'redis-edge'],
  ['web-1', 'redis-edge'],
])('%s cannot reach %s', (one, other) => {
  expect(networksOf(named(one)).filter((network) => networksOf(named(other)).includes(network))).toEqual([])
})

test('no two instances share an address', () => {
  const listeners = instances.flatMap(({ host, ports }) =>
    Object.values(ports).map((port) => `${host}:${port.default}`),
  )
  expect(new Set(listeners).size).toBe(listeners.length)
})
