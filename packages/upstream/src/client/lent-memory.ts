/** Memory for content that is copied out of a shared read buffer: lent to the body's reader, used again when given back. */

/** As much as one read brings at most. */
const slabBytes = 131_072
/** Shorter content is copied into memory of its own: it need not be a stream to be given back. */
export const minLentBytes = 16_384
/** Kept for reuse at most: 4 MiB. */
const maxFree = 32

const free: ArrayBuffer[] = []
/** Octets in use of what is lent. Who gives back twice, or a part, or what is not ours, must not make two readers share memory. */
const lentBytes = new WeakMap<ArrayBufferLike, number>()

export const copyOf = (octets: Uint8Array): Uint8Array => {
  const bytes = octets.byteLength
  if (bytes < minLentBytes || bytes > slabBytes) return Buffer.from(octets)
  const slab = free.pop() ?? new ArrayBuffer(slabBytes)
  lentBytes.set(slab, bytes)
  const copy = Buffer.from(slab, 0, bytes)
  copy.set(octets)
  return copy
}

/** @param chunk of which nothing is needed any more; one that was not lent is left alone */
export const giveBack = ({ buffer, byteLength }: Uint8Array): void => {
  if (lentBytes.get(buffer) !== byteLength) return
  lentBytes.delete(buffer)
  if (free.length < maxFree) free.push(buffer as ArrayBuffer)
}
