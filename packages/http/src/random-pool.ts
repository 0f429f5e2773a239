/** Random octets in small portions: the kernel's price is paid once for hundreds of identifiers. */
import { randomFillSync } from 'node:crypto'

const pool = Buffer.allocUnsafeSlow(8192)
let next = pool.length

/** Octets that nobody else gets, read at once: the next portions overwrite them. @param length at most 8,192 */
export const pooledRandom = (length: number): Buffer => {
  if (next + length > pool.length) {
    randomFillSync(pool)
    next = 0
  }
  next += length
  return pool.subarray(next - length, next)
}
