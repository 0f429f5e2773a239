import { array, assert, integer, nat, property, record, uint8Array } from 'fast-check'
import { expect, it } from 'vitest'
import { FrameReader } from './frame-reader.ts'
import { preface } from './frame-types.ts'
import { frame } from './testing.ts'

const anyFrame = record({
  type: nat(255),
  flags: nat(255),
  id: nat(2 ** 31 - 1),
  payload: uint8Array({ maxLength: 300 }),
})

it('reads the same frames however the octets were cut', () => {
  const cuts = array(integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 20 })
  assert(
    property(array(anyFrame, { maxLength: 10 }), cuts, (frames, sizes) => {
      const seen: typeof frames = []
      const reader = new FrameReader((type, flags, id, source, start, end) =>
        seen.push({ type, flags, id, payload: new Uint8Array(source.subarray(start, end)) }),
      )
      const octets = Buffer.concat([preface, ...frames.map((one) => frame(one.type, one.flags, one.id, one.payload))])
      for (let offset = 0, turn = 0; offset < octets.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1
        reader.push(octets.subarray(offset, offset + size))
        offset += size
      }
      expect(seen).toEqual(frames)
    }),
  )
})

it('says no more once it was stopped', () => {
  let seen = 0
  const reader: FrameReader = new FrameReader(() => {
    seen += 1
    reader.stop()
  })
  reader.push(Buffer.concat([preface, frame(4), frame(6)]))
  reader.push(frame(6))
  expect(seen).toBe(1)
})
