/** Random hexadecimal digits in small portions: the price of asking for them is paid once for hundreds of identifiers. */
import { randomBytes } from 'node:crypto'

const poolBytes = 8192
let pool = ''
let next = 0

/** Digits that nobody else gets, in lower case. @param digits at most 16,384 */
export const pooledHex = (digits: number): string => {
  if (next + digits > pool.length) {
    pool = randomBytes(poolBytes).toString('hex')
    next = 0
  }
  next += digits
  return pool.slice(next - digits, next)
}
