import { expect, it } from 'vitest'
import { SharedBuffer } from './shared-buffer.ts'

it('hands out views of the same octets, short ones again and again', () => {
  const shared = new SharedBuffer(8192)
  shared.octets.fill('x')
  expect(shared.first(5).toString()).toBe('xxxxx')
  expect(shared.first(5)).toBe(shared.first(5))
  shared.first(8000)[0] = 0x79
  expect(shared.first(2).toString()).toBe('yx')
  expect([0, 4096, 4097, 8192].map((bytes) => shared.first(bytes).length)).toEqual([0, 4096, 4097, 8192])
})
