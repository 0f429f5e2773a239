/** That the load asks for all that a cache does: without this the other files here would show little. */
import { expect, it } from 'vitest'
import { underLoad } from './use-edge.ts'

const wanted = ['hit', 'collapsed', 'fwd=uri-miss', 'fwd=stale', 'fwd=partial', 'fwd=method', 'stored']
const said = ['fwd-status=200', 'fwd-status=206', 'fwd-status=304', 'detail=private', 'detail=set-cookie']

it('answers are hits, validated, joined, parts, private and passed on, and right, while nothing fails', async () => {
  const { load } = await underLoad()
  const missing = (): string[] => [...wanted, ...said].filter((word) => !(word in load.report.cacheSaid))
  // Some come by the clock, such as a validation within the life of a version: a fast machine asks more until then.
  for (let most = 200; most > 0 && missing().length > 0; most--) await load.answered(100)
  expect(missing()).toEqual([])
  const { wrong, failures } = await load.stop()
  expect(wrong).toEqual([])
  expect(failures).toEqual([])
})
