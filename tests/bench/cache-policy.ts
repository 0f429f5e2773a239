/** Prints the hit ratios of eviction policies on synthetic traces: `node tests/bench/cache-policy.ts [requests]`. */
import { comparePolicies } from '@roundtrip/http-cache/simulation'

const requests = Number(process.argv[2] ?? 300_000)
const mebibyte = 1024 * 1024

const traces = [
  { name: 'steady', driftEvery: 0, scanEvery: 0, scanLength: 0 },
  { name: 'steady, crawler', driftEvery: 0, scanEvery: 5000, scanLength: 5000 },
  { name: 'slow drift', driftEvery: 1000, scanEvery: 0, scanLength: 0 },
  { name: 'fast drift', driftEvery: 50, scanEvery: 0, scanLength: 0 },
  { name: 'fast drift, crawler', driftEvery: 50, scanEvery: 5000, scanLength: 5000 },
]

const rows = traces.flatMap(({ name, ...more }) =>
  [0.8, 1].flatMap((skew) =>
    [4, 10, 40].map((cacheMebibytes) => {
      const options = { seed: 1, requests, objects: 50_000, skew, ...more }
      const { hitRatio } = comparePolicies(options, cacheMebibytes * mebibyte)
      const percent = Object.entries(hitRatio).map(([policy, ratio]) => [policy, Number((ratio * 100).toFixed(1))])
      return { trace: name, skew, 'cache MiB': cacheMebibytes, ...Object.fromEntries(percent) }
    }),
  ),
)
console.log(`${requests} page requests of 50,000 pages (1 to 64 KiB each), hits in percent`)
console.table(rows)
