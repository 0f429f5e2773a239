/** Who counts as one client: an IPv4 address, or the /64 that one IPv6 subscriber has at the least (RFC 6177 §2). */

const hextetsInNetwork = 4

/** Hextets before an embedded IPv4 address, which stands for two of them. */
const hextetsOf = (text: string): string[] =>
  text === '' ? [] : text.split(':').flatMap((part) => (part.includes('.') ? ['0', '0'] : [part]))

/** @returns the address itself for IPv4 (also when mapped into IPv6) and for what is no address, else its /64, e.g. `2001:db8:0:1::/64` */
export const clientNetwork = (address: string): string => {
  if (!address.includes(':')) return address
  const plain = unmapped(address)
  if (plain !== address) return plain
  const gap = address.indexOf('::')
  const head = hextetsOf(gap === -1 ? address : address.slice(0, gap))
  const tail = gap === -1 ? [] : hextetsOf(address.slice(gap + 2))
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0')
  const network = [...head, ...zeros, ...tail].slice(0, hextetsInNetwork)
  return `${network.map((hextet) => hextet.toLowerCase().replace(/^0+(?=.)/, '')).join(':')}::/64`
}

/** `::ffff:192.0.2.1`, as a dual-stack socket reports it, is 192.0.2.1 (RFC 4291 §2.5.5.2). */
export const unmapped = (address: string): string =>
  address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
