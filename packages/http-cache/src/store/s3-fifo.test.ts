import { describe, expect, it } from 'vitest'
import { comparePolicies } from '../simulation/compare.ts'
import { seededRandom } from '../simulation/trace.ts'
import { evictionNode, S3Fifo, type EvictionNode } from './s3-fifo.ts'

const mebibyte = 1024 * 1024
const pages = { seed: 1, requests: 30_000, objects: 5000, skew: 0.8, driftEvery: 0, scanEvery: 0, scanLength: 0 }

describe('the eviction policy', () => {
  it('hits more often than LRU on what the web asks for', () => {
    const { hitRatio } = comparePolicies(pages, 3 * mebibyte)
    expect(hitRatio['S3-FIFO'] ?? 0).toBeGreaterThan((hitRatio['LRU'] ?? 1) * 1.1)
    expect(hitRatio['S3-FIFO'] ?? 0).toBeGreaterThan((hitRatio['FIFO'] ?? 1) * 1.15)
  })

  it('keeps what it knows while a crawler goes through the archive', () => {
    const { hitRatio } = comparePolicies({ ...pages, scanEvery: 1000, scanLength: 1000 }, 3 * mebibyte)
    expect(hitRatio['S3-FIFO'] ?? 0).toBeGreaterThan((hitRatio['LRU'] ?? 1) * 1.25)
  })

  it('keeps up when what is popular changes, where counted frequencies do not', () => {
    const { hitRatio } = comparePolicies({ ...pages, driftEvery: 20 }, 3 * mebibyte)
    expect(hitRatio['S3-FIFO'] ?? 0).toBeGreaterThan((hitRatio['W-TinyLFU'] ?? 1) * 1.1)
    expect(hitRatio['S3-FIFO'] ?? 0).toBeGreaterThan((hitRatio['LRU'] ?? 1) * 1.1)
  })

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
      const bytes = inside.values().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      if (queues.bytes !== bytes || bytes > 10_000) wrong.push(bytes)
    }
    expect(wrong).toEqual([])
    expect(inside.size).toBeGreaterThan(5)
  })
})
