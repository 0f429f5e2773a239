/** Page cursors: opaque to clients, the place of the last row to us; signed, so that nobody makes up places. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { RoundtripError } from '@roundtrip/errors'

export interface Cursors {
  /** @param list its name, and whose it is where each client sees a list of their own */
  at(list: string, place: string): string
  /** @throws RoundtripError `CURSOR_INVALID` for what that list has not given out */
  placeOf(list: string, cursor: string): string
}

const macBytes = 16

/** @param key for nothing else */
export const createCursors = (key: string): Cursors => {
  const mac = (list: string, place: string): Buffer =>
    createHmac('sha256', key).update(`${list}\n${place}`).digest().subarray(0, macBytes)
  return {
    at: (list, place) => Buffer.concat([mac(list, place), Buffer.from(place)]).toString('base64url'),
    placeOf: (list, cursor) => {
      const bytes = Buffer.from(cursor, 'base64url')
      // One text for each place: decoding passes over what it does not know.
      const isCanonical = bytes.toString('base64url') === cursor
      const [given, place] = [bytes.subarray(0, macBytes), bytes.subarray(macBytes).toString()]
      if (isCanonical && given.length === macBytes && timingSafeEqual(given, mac(list, place))) return place
      throw new RoundtripError('CURSOR_INVALID', undefined, {
        details: { errors: [{ in: 'querystring', pointer: '/cursor', detail: 'is not a cursor of this list' }] },
      })
    },
  }
}

/** The id after which a page of a list that is sorted by ids begins. */
export const idAfter = (cursors: Cursors, list: string, cursor: string | undefined): number =>
  cursor === undefined ? 0 : Number(cursors.placeOf(list, cursor))

/** Splits rows that were read with one more than the limit into the page and its last row, if another page follows. */
export const pageOf = <Row>(
  rows: readonly Row[],
  limit: number,
): { readonly page: Row[]; readonly last: Row | undefined } => ({
  page: rows.slice(0, limit),
  last: rows.length > limit ? rows[limit - 1] : undefined,
})
