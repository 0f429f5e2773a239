/** The PROXY protocol, versions 1 and 2, as its sender (haproxy.org, proxy-protocol.txt, §2.1 and §2.2). */
import { isIP, isIPv4 } from 'node:net'

export type ProxyProtocol = 'v1' | 'v2'

/** Who talks to whom, as the next hop shall believe. */
export interface ProxiedConnection {
  readonly sourceAddress: string
  readonly sourcePort: number
  readonly destinationAddress: string
  readonly destinationPort: number
}

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const commandProxy = 0x21
const commandLocal = 0x20
const overIPv4 = 0x11
const overIPv6 = 0x21
const unspecified = 0x00

const familyOf = ({ sourceAddress, destinationAddress }: ProxiedConnection): 4 | 6 | undefined => {
  if (isIPv4(sourceAddress) && isIPv4(destinationAddress)) return 4
  return isIP(sourceAddress) !== 0 && isIP(destinationAddress) !== 0 ? 6 : undefined
}

/** An IPv4 address beside an IPv6 one is written as the latter (RFC 4291 §2.5.5.2): both must be of one family. */
const asIPv6 = (address: string): string =>
  isIPv4(address) ? `::ffff:${address}` : (address.split('%', 1)[0] ?? address)

const octetsOfIPv4 = (address: string): number[] => address.split('.').map(Number)

const octetsOfGroup = (group: string): number[] => {
  if (group.includes('.')) return octetsOfIPv4(group)
  const value = Number.parseInt(group, 16)
  return [value >> 8, value & 0xff]
}

const octetsOfGroups = (groups: string): number[] => (groups === '' ? [] : groups.split(':').flatMap(octetsOfGroup))

/** Both ways to write one (RFC 4291 §2.2): `::` stands for as many zeros as are missing. */
const octetsOfIPv6 = (address: string): number[] => {
  const [before = '', after] = address.split('::')
  const left = octetsOfGroups(before)
  if (after === undefined) return left
  const right = octetsOfGroups(after)
  return [...left, ...Array<number>(16 - left.length - right.length).fill(0), ...right]
}

const version1 = (connection: ProxiedConnection): Buffer => {
  const family = familyOf(connection)
  if (family === undefined) return Buffer.from('PROXY UNKNOWN\r\n', 'latin1')
  const { sourceAddress, sourcePort, destinationAddress, destinationPort } = connection
  const form = family === 4 ? (address: string): string => address : asIPv6
  const line = `PROXY TCP${family} ${form(sourceAddress)} ${form(destinationAddress)} ${sourcePort} ${destinationPort}\r\n`
  return Buffer.from(line, 'latin1')
}

const version2 = (connection: ProxiedConnection): Buffer => {
  const family = familyOf(connection)
  if (family === undefined) return Buffer.concat([signature, Buffer.from([commandLocal, unspecified, 0, 0])])
  const octets = family === 4 ? octetsOfIPv4 : (address: string): number[] => octetsOfIPv6(asIPv6(address))
  const addresses = [...octets(connection.sourceAddress), ...octets(connection.destinationAddress)]
  const { sourcePort, destinationPort } = connection
  const ports = [sourcePort >> 8, sourcePort & 0xff, destinationPort >> 8, destinationPort & 0xff]
  const lengthBytes = addresses.length + ports.length
  const transport = family === 4 ? overIPv4 : overIPv6
  return Buffer.concat([signature, Buffer.from([commandProxy, transport, 0, lengthBytes, ...addresses, ...ports])])
}

/** What is sent before anything else on a connection, TLS included. Addresses that are none say `UNKNOWN` (v1) or `LOCAL` (v2). */
export const proxyHeader = (version: ProxyProtocol, connection: ProxiedConnection): Buffer =>
  version === 'v1' ? version1(connection) : version2(connection)
