import { expect, test } from 'vitest'
import { specsByRole } from './specs-by-role.ts'
import { instances } from './topology.ts'

const neighbours = (name: string, primary: string): string[] | undefined =>
  specsByRole(instances, primary)
    .find((spec) => spec.name === name)
    ?.talksTo.toSorted()

test('before any failover the topology is what it is', () => {
  expect(specsByRole(instances, 'postgres-primary')).toEqual(instances)
})

test('after one the former primary waits for the new one', () => {
  expect(neighbours('postgres-replica', 'postgres-replica')).toEqual([])
  expect(neighbours('postgres-primary', 'postgres-replica')).toEqual(['postgres-replica'])
  for (const name of ['migrate', 'app-1', 'web-1']) {
    expect(neighbours(name, 'postgres-replica')).toEqual(neighbours(name, 'postgres-primary'))
  }
})
