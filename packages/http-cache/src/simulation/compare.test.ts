import { describe, expect, it } from 'vitest'
import { comparePolicies } from './compare.ts'

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
})
