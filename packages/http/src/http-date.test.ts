import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatHttpDate, parseHttpDate } from './http-date.ts'

const birth = Date.UTC(1994, 10, 6, 8, 49, 37)

describe('parseHttpDate', () => {
  it.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    'reads %s, wherever this machine stands',
    (text) => {
      const zone = process.env['TZ']
      process.env['TZ'] = 'America/New_York'
      try {
        expect(parseHttpDate(text)).toBe(birth)
      } finally {
        if (zone === undefined) delete process.env['TZ']
        else process.env['TZ'] = zone
      }
    },
  )

  it.each([
    undefined,
    '',
    '0',
    '784111777',
    '1994-11-06T08:49:37Z',
    'Sun, 06 Nov 1994 08:49:37 +0200',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 25:49:37 GMT',
    'Sun, 06 Now 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT',
  ])('does not read %s', (text) => {
    expect(parseHttpDate(text)).toBeUndefined()
  })

  it('puts two digits of a year within the 50 years ahead or in the past', () => {
    const now = new Date(Date.UTC(2026, 0, 1))
    expect(new Date(parseHttpDate('Sunday, 06-Nov-76 08:49:37 GMT', now) ?? 0).getUTCFullYear()).toBe(2076)
    expect(new Date(parseHttpDate('Sunday, 06-Nov-77 08:49:37 GMT', now) ?? 0).getUTCFullYear()).toBe(1977)
  })

  it('reads back what was written, to the second', () => {
    const dates = fc.date({ min: new Date(0), max: new Date(Date.UTC(9999, 11, 31)), noInvalidDate: true })
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseHttpDate(formatHttpDate(date))).toBe(Math.floor(date.getTime() / 1000) * 1000)
      }),
      { seed: 2 },
    )
  })
})
