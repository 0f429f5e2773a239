/** That the load asks for all that a cache does: without this the other files here would show little. */
import { expect, it } from 'vitest'
import { underLoad } from './use-edge.ts'

it('answers are hits, validated, joined, parts, private and passed on, and right, while nothing fails', async () => {
  const { load } = await underLoad()
  await load.answered(1500)
  const { wrong, failures, cacheSaid } = await load.stop()
  expect(wrong).toEqual([])
  expect(failures).toEqual([])
  const wanted = ['hit', 'collapsed', 'fwd=uri-miss', 'fwd=stale', 'fwd=partial', 'fwd=method', 'stored']
  const said = ['fwd-status=200', 'fwd-status=206', 'fwd-status=304', 'detail=private', 'detail=set-cookie']
  expect(Object.keys(cacheSaid)).toEqual(expect.arrayContaining([...wanted, ...said]))
})
