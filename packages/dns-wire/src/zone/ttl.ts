/** Times to live as zone files write them: seconds, or `1w2d3h4m5s` as in BIND. */

/** RFC 2181 §8: a TTL has 31 bits. */
export const maxTtlSeconds = 0x7fff_ffff

const unitSeconds: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1, '': 1 }

/** Seconds, or undefined when the text is not a time or is over 2^31 - 1 seconds. */
export const parseTtl = (text: string): number | undefined => {
  if (!/^(\d{1,10}|(\d{1,10}[wdhms])+)$/i.test(text)) return undefined
  let seconds = 0
  for (const [, count, unit] of text.matchAll(/(\d+)([a-z]?)/gi)) {
    seconds += Number(count) * (unitSeconds[unit?.toLowerCase() ?? ''] ?? 1)
  }
  return seconds <= maxTtlSeconds ? seconds : undefined
}
