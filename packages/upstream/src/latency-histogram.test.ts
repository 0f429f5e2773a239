import { expect, it } from 'vitest'
import { LatencyHistogram } from './latency-histogram.ts'

it('tells percentiles within a tenth', () => {
  const latencies = new LatencyHistogram()
  expect(latencies.percentile(95)).toBe(0)
  for (let ms = 1; ms <= 1000; ms++) latencies.observe(ms)
  for (const percent of [50, 95, 99]) {
    expect(latencies.percentile(percent)).toBeGreaterThanOrEqual(percent * 10)
    expect(latencies.percentile(percent)).toBeLessThan(percent * 11)
  }
  expect(latencies.count).toBe(1000)
})

it('forgets, and bears what is out of range', () => {
  const latencies = new LatencyHistogram()
  for (const ms of [0, -1, 1e-12, 1e12]) latencies.observe(ms)
  expect(latencies.percentile(50)).toBeLessThan(0.02)
  for (let i = 0; i < 100; i++) latencies.fade(0.9)
  expect(latencies.count).toBe(0)
})
