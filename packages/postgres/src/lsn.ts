/** WAL positions (PostgreSQL §28.6, type pg_lsn) as text that sorts the way the log grows. */

/** Sixteen hex digits: unlike `1/A` and `0/FF`, plain text comparison tells which is later. */
export type Lsn = string

/** From `16/B374D848` as Postgres prints it. */
export const toLsn = (text: string): Lsn =>
  text
    .split('/')
    .map((half) => half.padStart(8, '0'))
    .join('')
    .toUpperCase()

/** To the form that casts to `pg_lsn`. */
export const fromLsn = (lsn: Lsn): string => `${lsn.slice(0, 8)}/${lsn.slice(8)}`

/** How much the log grew from one position to a later one; negative when it is an earlier one. */
export const bytesBetween = (from: Lsn, to: Lsn): number => Number(BigInt(`0x${to}`) - BigInt(`0x${from}`))
