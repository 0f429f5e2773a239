/** Content coding negotiation (RFC 9110 §12.5.3). */

const weightOf = (parameters: string): number => {
  const q = /;\s*q\s*=\s*([\d.]+)/i.exec(parameters)?.[1]
  return q === undefined ? 1 : Number(q)
}

/**
 * The best of the codings we have for what the client accepts; `identity` when it accepts none of them.
 *
 * @param available in our order of preference, without `identity`
 */
export const negotiateEncoding = (header: string | undefined, available: readonly string[]): string => {
  if (header === undefined) return 'identity'
  const weights = new Map<string, number>()
  for (const part of header.split(',')) {
    const [, coding = '', parameters = ''] = /^\s*([^\s;]+)(.*)$/.exec(part) ?? []
    if (coding !== '') weights.set(coding.toLowerCase(), weightOf(parameters))
  }
  const weight = (coding: string): number => weights.get(coding) ?? weights.get('*') ?? 0
  let best = 'identity'
  let highest = 0
  for (const coding of available) {
    if (weight(coding) > highest) [best, highest] = [coding, weight(coding)]
  }
  // A client that prefers the plain form says so with a higher weight of its own.
  return (weights.get('identity') ?? 0) > highest ? 'identity' : best
}
