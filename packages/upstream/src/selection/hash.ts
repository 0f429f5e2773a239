/** A 32-bit hash of text, the same in every process: FNV-1a with the finaliser of MurmurHash3. Not for secrets. */

/** Spreads what differs in few bits over all of them. */
const finalise = (hash: number): number => {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** @param end hash only what stands before it */
export const hashText = (text: string, end: number = text.length): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return finalise(hash)
}
