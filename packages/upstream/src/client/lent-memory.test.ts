import { expect, test } from 'vitest'
import { copyOf, giveBack } from './lent-memory.ts'

const filled = (bytes: number, value: number): Uint8Array => new Uint8Array(bytes).fill(value)

test('memory that was given back is lent again, and only then', () => {
  const first = copyOf(filled(50_000, 1))
  const second = copyOf(filled(50_000, 2))
  expect(second.buffer).not.toBe(first.buffer)
  giveBack(first)
  const third = copyOf(filled(20_000, 3))
  expect(third.buffer).toBe(first.buffer)
  expect([third.byteLength, third[0], second[0]]).toEqual([20_000, 3, 2])
})

test('what is given back twice, in part, or was never lent, comes to nobody twice', () => {
  const chunk = copyOf(filled(20_000, 1))
  giveBack(chunk.subarray(0, 10_000))
  giveBack(filled(20_000, 9))
  expect(copyOf(filled(20_000, 2)).buffer).not.toBe(chunk.buffer)
  giveBack(chunk)
  giveBack(chunk)
  const [one, other] = [copyOf(filled(20_000, 3)), copyOf(filled(20_000, 4))]
  expect(one.buffer).toBe(chunk.buffer)
  expect(other.buffer).not.toBe(chunk.buffer)
})

test('short content is copied without being lent', () => {
  const short = copyOf(filled(100, 1))
  giveBack(short)
  expect(copyOf(filled(20_000, 2)).buffer).not.toBe(short.buffer)
  expect(short[99]).toBe(1)
})
