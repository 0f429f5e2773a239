/** Positions must sort as history goes, also when a promotion has set the log back. */
import { expect, test } from 'vitest'
import { lsnOf, positionFrom } from './position.ts'

test('text order is the order of timelines, then of the log', () => {
  const history = [
    { timeline: '00000001', lsn: '0/FF' },
    { timeline: '00000001', lsn: '1/A' },
    { timeline: '00000002', lsn: '0/B374D848' },
    { timeline: '0000000A', lsn: '0/1' },
  ].map(positionFrom)
  expect(history.toSorted()).toEqual(history)
})

test('holds the place in the log', () => {
  expect(lsnOf(positionFrom({ timeline: '00000002', lsn: '16/B374D848' }))).toBe('00000016B374D848')
})
