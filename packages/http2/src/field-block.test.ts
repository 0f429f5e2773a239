import { expect, it } from 'vitest'
import { FieldBlock } from './field-block.ts'
import { defaultLimits } from './limits.ts'

const octetsOf = ({ source, start, end }: FieldBlock): string => source.toString('latin1', start, end)

const begun = (): FieldBlock => new FieldBlock(1, true, false, Buffer.from('..begin'), 2, 7).keep()

it('a block that goes on keeps what it has when the buffer that was read into is used again', () => {
  const read = Buffer.from('..begin..')
  const block = new FieldBlock(1, true, false, read, 2, 7).keep()
  read.fill('x')
  const more = Buffer.from(' and end')
  expect(block.append(more, defaultLimits)).toBe(true)
  more.fill('x')
  expect(octetsOf(block)).toBe('begin and end')
})

it('has an end: in octets and in frames', () => {
  const limits = { ...defaultLimits, headerBlockBytes: 10, continuationFrames: 2 }
  expect(begun().append(Buffer.alloc(5), limits)).toBe(true)
  expect(begun().append(Buffer.alloc(6), limits)).toBe(false)
  const block = begun()
  expect([1, 2, 3].map(() => block.append(Buffer.alloc(1), limits))).toEqual([true, true, false])
})
