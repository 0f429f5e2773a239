import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader, frameMessage } from './framing.ts'

test('messages come out as they went in, wherever the stream is cut', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 5 })
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (sent, cuts) => {
      const stream = Buffer.concat(sent.map(frameMessage))
      const reader = new FrameReader()
      const received: Uint8Array[] = []
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const length = cuts[turn % cuts.length] ?? 1
        received.push(...reader.push(stream.subarray(at, at + length)))
        at += length
      }
      expect(received.map((message) => [...message])).toEqual(sent.map((message) => [...message]))
      expect(reader.isInside).toBe(false)
    }),
    { seed: 7766 },
  )
})

test('a message over the limit is refused as soon as it is announced', () => {
  const reader = new FrameReader(100)
  expect(reader.push(Uint8Array.of(0))).toEqual([])
  expect(() => reader.push(Uint8Array.of(101))).toThrow('announces 101 octets, at most 100')
})
