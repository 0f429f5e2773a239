/** Selection, ejection and return of replicas, on stand-in nodes and without waiting. */
import { expect, test } from 'vitest'
import type { DatabaseNode } from './node.ts'
import { probeDelayMs, ReplicaSet } from './replica-set.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {} }

const nodeNamed = (name: string, isInRecovery: () => Promise<boolean> = () => Promise.resolve(true)): DatabaseNode =>
  ({ name, isInRecovery, close: () => Promise.resolve() }) as unknown as DatabaseNode

const names = (nodes: readonly DatabaseNode[]): string[] => nodes.map(({ name }) => name)

test('each replica is first in turn, the others stand behind it', () => {
  const set = new ReplicaSet([nodeNamed('a'), nodeNamed('b'), nodeNamed('c')], { log, random: () => 0 })
  expect([set.inTurn(), set.inTurn(), set.inTurn(), set.inTurn()].map(names)).toEqual([
    ['a', 'b', 'c'],
    ['b', 'c', 'a'],
    ['c', 'a', 'b'],
    ['a', 'b', 'c'],
  ])
})

test('no replicas: nothing to try', () => {
  expect(new ReplicaSet([], { log, random: () => 0 }).inTurn()).toEqual([])
})

test('an ejected replica returns once it answers as a replica', async () => {
  const answers = [Promise.reject(new Error('still down')), Promise.resolve(false), Promise.resolve(true)]
  for (const answer of answers) answer.catch(() => {})
  const a = nodeNamed('a', () => answers.shift() ?? Promise.resolve(true))
  const delays: number[] = []
  const back = Promise.withResolvers<void>()
  const set = new ReplicaSet([a, nodeNamed('b')], {
    log: { ...log, info: () => back.resolve() },
    random: () => 0,
    wait: (delayMs) => {
      delays.push(delayMs)
      return Promise.resolve()
    },
  })
  set.eject(a, new Error('gone'))
  set.eject(a, new Error('noticed by another read as well'))
  expect(names(set.inTurn())).toEqual(['b'])
  await back.promise
  expect(names(set.inTurn()).toSorted()).toEqual(['a', 'b'])
  expect(delays).toEqual([250, 500, 1000])
})

test('closing ends the probing', async () => {
  const a = nodeNamed('a', () => Promise.reject(new Error('down')))
  const waiting = Promise.withResolvers<AbortSignal>()
  const set = new ReplicaSet([a], {
    log,
    random: () => 0,
    wait: (_, signal) => {
      waiting.resolve(signal)
      return new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
    },
  })
  set.eject(a, new Error('gone'))
  const signal = await waiting.promise
  await set.close()
  expect(signal.aborted).toBe(true)
  expect(set.isEjected(a)).toBe(true)
})

test('waits grow to five seconds and are spread by half', () => {
  expect([0, 1, 4, 5, 40].map((attempt) => probeDelayMs(attempt, () => 0))).toEqual([250, 500, 4000, 5000, 5000])
  expect(probeDelayMs(0, () => 1)).toBe(125)
})
