/** Whom a request comes from, as the tiers in front say it: `X-Forwarded-For`, counted from the end that is theirs. */
import { isIP, SocketAddress } from 'node:net'
import type { FastifyRequest } from 'fastify'

/** 64 bits are one network of one customer (RFC 6177); whoever has one has all of its addresses. */
const networkOf = (address: string): string => {
  if (isIP(address) !== 6) return address
  const full = new SocketAddress({ address, family: 'ipv6' }).address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(full)?.[1]
  if (mapped !== undefined) return mapped
  const [head = '', tail = ''] = full.split('::')
  const groups = head === '' ? [] : head.split(':')
  const tailGroups = tail === '' ? [] : tail.split(':')
  const zeros = full.includes('::') ? Array<string>(8 - groups.length - tailGroups.length).fill('0') : []
  return `${[...groups, ...zeros, ...tailGroups].slice(0, 4).join(':')}::/64`
}

/**
 * The client for purposes of counting: an IPv4 address, or the network of an IPv6 address.
 * @param ownHops how many tiers in front add an element; what stands before theirs was made up by the client
 */
export const clientNetwork = ({ headers, socket }: FastifyRequest, ownHops: number): string => {
  const field = headers['x-forwarded-for']
  const elements = typeof field === 'string' ? field.split(',').map((element) => element.trim()) : []
  const named = elements[Math.max(0, elements.length - ownHops)]
  const address = named !== undefined && isIP(named) !== 0 && ownHops > 0 ? named : (socket.remoteAddress ?? '')
  return networkOf(address)
}
