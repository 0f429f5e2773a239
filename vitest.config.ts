import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// unit: no neighbours. integration: real Postgres and Redis, started once. e2e: whole stacks, one per file.
// resilience: an edge and its next hops as processes under load, while something breaks.
// compose: the end-to-end suite again, against containers; run by `pnpm test:compose` only.
const exclude = ['**/node_modules/**', '**/.runtime/**', '**/.roundtrip/**']

// Of `expect.poll` and `vi.waitFor` where a test says nothing else.
const patience = {
  setupFiles: [`${import.meta.dirname}/tests/helpers/patience.ts`],
  expect: { poll: { timeout: 20_000 } },
}

export default defineConfig({
  test: {
    // Redis has sixteen databases, and each worker one of its own (services/app/src/testing/own-redis.ts).
    maxWorkers: Math.min(15, availableParallelism()),
    projects: [
      {
        test: {
          ...patience,
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'services/*/src/**/*.test.ts', 'tests/unit/**/*.test.ts'],
          exclude: [...exclude, '**/*.integration.test.ts'],
          // Properties are tried on hundreds of inputs, on a machine with others on it: the limit is for what hangs.
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...patience,
          name: 'integration',
          include: ['packages/*/src/**/*.integration.test.ts', 'services/*/src/**/*.integration.test.ts'],
          exclude,
          globalSetup: ['tests/helpers/data-tier.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...patience,
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          exclude,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // Whole stacks are heavy: two at a time, after everything else.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...patience,
          name: 'resilience',
          include: ['tests/resilience/**/*.test.ts'],
          exclude,
          testTimeout: 60_000,
          // Load takes all there is: one file at a time, after everything else.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...patience,
          name: 'compose',
          include: ['tests/compose/**/*.test.ts'],
          exclude,
          testTimeout: 120_000,
          hookTimeout: 900_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
