/** Byte ranges (RFC 9110 §14): which part of a representation a request asks for. */

export interface ByteRange {
  /** First and last position, both inclusive, as Content-Range counts. */
  readonly first: number
  readonly last: number
}

/**
 * - `whole`: no Range, not in bytes, malformed, or more ranges than one answer should carry: send everything (§14.2).
 * - `unsatisfiable`: every range lies outside: 416.
 */
export type RangeSelection =
  | { readonly kind: 'whole' }
  | { readonly kind: 'unsatisfiable' }
  | { readonly kind: 'part'; readonly range: ByteRange }

const whole: RangeSelection = { kind: 'whole' }

/**
 * Selects a single range; several ranges are answered with the whole representation, which §14.2 allows and
 * which takes away the amplification of many overlapping ones (RFC 9110 §17.15).
 *
 * @param size length of the representation in bytes
 */
export const selectRange = (header: string | undefined, size: number): RangeSelection => {
  const match = /^bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? '')
  if (match === null) return whole
  const [, from = '', to = ''] = match
  if (from === '' && to === '') return whole
  if (from === '') {
    const suffix = Number(to)
    if (suffix === 0) return { kind: 'unsatisfiable' }
    // The last bytes of nothing are satisfiable (§14.1.2), but no Content-Range can say so.
    return size === 0 ? whole : part(Math.max(0, size - suffix), size - 1)
  }
  const first = Number(from)
  if (to !== '' && Number(to) < first) return whole
  if (first >= size) return { kind: 'unsatisfiable' }
  return part(first, to === '' ? size - 1 : Math.min(Number(to), size - 1))
}

const part = (first: number, last: number): RangeSelection => ({ kind: 'part', range: { first, last } })

/** The Content-Range of a part (§14.4). */
export const contentRange = ({ first, last }: ByteRange, size: number): string => `bytes ${first}-${last}/${size}`
