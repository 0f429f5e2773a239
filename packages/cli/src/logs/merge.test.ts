import { describe, expect, it } from 'vitest'
import { mergeByTime } from './merge.ts'

const at = (second: number, message: string): string =>
  JSON.stringify({ time: `2026-11-21T09:08:0${second}.000Z`, message })

describe('mergeByTime', () => {
  it('orders by time and keeps continuations with the record they follow', () => {
    const merged = mergeByTime([
      { instance: 'a', lines: [at(1, 'a1'), '    at stack', at(4, 'a4')] },
      { instance: 'b', lines: ['before any time', at(1, 'b1'), at(2, 'b2')] },
    ])
    expect(merged.map(({ instance, record }) => `${instance} ${record.message}`)).toEqual([
      'b before any time',
      'a a1',
      'a     at stack',
      'b b1',
      'b b2',
      'a a4',
    ])
  })
})
