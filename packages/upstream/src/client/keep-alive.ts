/** How long an idle connection may be reused (RFC 9112 §9.3, §9.5), heeding what the next hop says in `Keep-Alive` (RFC 2068 §19.7.1.1). */

/** A request that leaves this long before the next hop closes still reaches it. */
const headroomMs = 1000
const parameter = 'timeout='

/** @returns Infinity when the field is absent or says nothing of it */
export const promisedIdleMs = (keepAlive: string | undefined): number => {
  const at = keepAlive === undefined ? -1 : keepAlive.toLowerCase().indexOf(parameter)
  if (keepAlive === undefined || at === -1) return Infinity
  const seconds = Number.parseInt(keepAlive.slice(at + parameter.length), 10)
  return seconds >= 0 ? seconds * 1000 : Infinity
}

/**
 * Not the last second of what the next hop promises, nor the last half of a promise shorter than two.
 *
 * @param ownMs what this side keeps at most
 */
export const reusableMs = (ownMs: number, promisedMs: number): number =>
  promisedMs === Infinity ? ownMs : Math.min(ownMs, promisedMs - Math.min(headroomMs, promisedMs / 2))
