import { expect, test } from 'vitest'
import type { Http1Connection } from './http1-connection.ts'
import { IdleConnections } from './idle-connections.ts'

const destroyed: string[] = []

const connection = (name: string, { isNew = false, untilMs = Infinity } = {}): Http1Connection =>
  ({
    name,
    isNew,
    isFresh: (nowMs: number) => nowMs < untilMs,
    destroy: () => destroyed.push(name),
  }) as unknown as Http1Connection

test('what has been given back is lent when every socket has been read in between, and no sooner', () => {
  let turn = 5
  const idle = new IdleConnections(() => turn)
  const used = connection('used')
  idle.put(used)
  expect(idle.take(0)).toBeUndefined()
  expect(idle.take(0, 'behindReads')).toBeUndefined()
  turn = 6
  // Other sockets may have been read in this turn, and this one not yet.
  expect(idle.take(0)).toBeUndefined()
  expect(idle.size).toBe(1)
  expect(idle.take(0, 'behindReads')).toBe(used)
  idle.put(used)
  turn = 8
  expect(idle.take(0)).toBe(used)
  expect(idle.size).toBe(0)
})

test('the one that came last of those that may be lent is lent first', () => {
  let turn = 0
  const idle = new IdleConnections(() => turn)
  const [first, second, third] = [connection('first'), connection('second'), connection('third')]
  idle.put(first)
  idle.put(second)
  turn = 2
  idle.put(third)
  expect(idle.take(0)).toBe(second)
  expect(idle.take(0)).toBe(first)
  expect(idle.take(0)).toBeUndefined()
  turn = 4
  expect(idle.take(0)).toBe(third)
})

test('a new connection has answered nothing yet', () => {
  const idle = new IdleConnections(() => 0)
  const fresh = connection('fresh', { isNew: true })
  idle.put(fresh)
  expect(idle.take(0)).toBe(fresh)
})

test('those that have been idle for too long are given up on the way', () => {
  let turn = 0
  const idle = new IdleConnections(() => turn)
  const good = connection('good')
  idle.put(good)
  idle.put(connection('old', { untilMs: 100 }))
  turn = 2
  expect(idle.take(100)).toBe(good)
  expect(destroyed).toEqual(['old'])
  expect(idle.size).toBe(0)
})
