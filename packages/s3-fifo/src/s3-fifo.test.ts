import { describe, expect, it } from 'vitest'
import { evictionNode, S3Fifo, type EvictionNode } from './s3-fifo.ts'

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
const seededRandom = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

describe('the queues', () => {
  it('counts every byte through any order of events', () => {
    const random = seededRandom(7)
    const wrong: number[] = []
    const inside = new Map<string, EvictionNode<{ key: string }>>()
    const queues = new S3Fifo<{ key: string }>(10_000, ({ owner }) => void inside.delete(owner.key))
    for (let i = 0; i < 5000; i++) {
      const key = String(Math.floor(random() * 50))
      const node = inside.get(key)
      const event = random()
      if (node === undefined) {
        const added = evictionNode({ key }, 1 + Math.floor(random() * 999))
        queues.add(added)
        inside.set(key, added)
      } else if (event < 0.1) {
        queues.remove(node)
        inside.delete(key)
      } else if (event < 0.2) queues.resize(node, 1 + Math.floor(random() * 999))
      else queues.touch(node)
      if (i % 100 === 99) {
        queues.maxBytes = 5000 + Math.floor(random() * 5000)
        queues.trim()
      }
      const bytes = inside.values().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      if (queues.bytes !== bytes || bytes > queues.maxBytes) wrong.push(bytes)
    }
    expect(wrong).toEqual([])
    expect(inside.size).toBeGreaterThan(5)
  })
})
