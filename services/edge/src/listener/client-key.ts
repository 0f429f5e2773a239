/** Under which key a client's connections are counted: an IPv6 client has a whole /64 to itself (RFC 6177 §2). */
import { unmapped } from '@roundtrip/http'

/** @param address in text form, as the kernel or a PROXY header gives it; IPv4-mapped IPv6 counts as IPv4 */
export const clientKey = (address: string): string => {
  if (!address.includes(':')) return address
  const mapped = unmapped(address)
  return mapped.includes(':') ? `${networkOf(mapped)}::/64` : mapped
}

/** The first four groups, zeros written out. */
const networkOf = (address: string): string => {
  const [front = '', back] = address.split('%', 1).join('').split('::')
  const frontGroups = front === '' ? [] : front.split(':')
  const backGroups = back === undefined || back === '' ? [] : back.split(':')
  const zeros = back === undefined ? 0 : Math.max(0, 8 - frontGroups.length - backGroups.length)
  const groups = [...frontGroups, ...Array.from({ length: zeros }, () => '0'), ...backGroups]
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
