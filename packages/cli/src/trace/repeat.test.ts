import { expect, it } from 'vitest'
import { repeat } from './repeat.ts'
import { madeTrace } from './testing/made-trace.ts'
import type { RunKind } from './trace.ts'

const failure = { code: 'UPSTREAM_RESET', message: '', phase: 'wait' } as const

/** Fails at the run with this number, counted from 1. */
const clientFailingAt = (failing: number) => {
  const kinds: RunKind[] = []
  const run = async (kind: RunKind) => {
    kinds.push(kind)
    return madeTrace({ kind, ...(kinds.length === failing && { failure }) })
  }
  return { client: { run, phase: () => undefined, close: () => undefined }, kinds }
}

it.each([
  [5, 0, ['cold', 'resumed', 'kept', 'kept', 'kept']],
  [5, 3, ['cold', 'resumed', 'kept']],
  [5, 1, ['cold']],
  [1, 0, ['cold']],
])('%i runs, failing at %i', async (times, failing, expected) => {
  const { client, kinds } = clientFailingAt(failing)
  expect(await repeat(client, times)).toHaveLength(expected.length)
  expect(kinds).toEqual(expected)
})
