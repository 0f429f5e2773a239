/** Page cursors: opaque to clients, the id of the last row to us. */
import { RoundtripError } from '@roundtrip/errors'

export const encodeCursor = (id: number): string => Buffer.from(`after:${id}`).toString('base64url')

/** @throws RoundtripError `VALIDATION_FAILED` for what no page has given out */
export const decodeCursor = (cursor: string | undefined): number => {
  if (cursor === undefined) return 0
  const match = /^after:(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  if (match?.[1] !== undefined) return Number(match[1])
  throw new RoundtripError('VALIDATION_FAILED', 'The cursor is not one that this list has given out.', {
    details: { errors: [{ in: 'querystring', pointer: '/cursor', detail: 'is not a cursor of this list' }] },
  })
}

/** Splits rows that were read with one more than the limit into the page and the cursor of the next one, if any. */
export const pageOf = <Row extends { readonly id: number }>(
  rows: readonly Row[],
  limit: number,
): { readonly page: Row[]; readonly nextCursor?: string } => {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return rows.length > limit && last !== undefined ? { page, nextCursor: encodeCursor(last.id) } : { page }
}
