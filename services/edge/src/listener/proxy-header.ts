/** The PROXY protocol header, versions 1 and 2 (HAProxy's proxy-protocol.txt): who the client of a load balancer is. */
import { isIPv4, isIPv6 } from 'node:net'
import { RoundtripError } from '@roundtrip/errors'

export interface ProxyHeader {
  /** Octets the header takes; what follows belongs to the client. */
  readonly length: number
  /** Undefined when the load balancer speaks for itself, as it does for health checks. */
  readonly client: { readonly address: string; readonly port: number } | undefined
}

/** §2.1: the longest line of version 1, with its CRLF. */
const maxLineBytes = 107
/** Addresses and extensions (TLVs) of version 2 together. Common load balancers send less than 300. */
const maxPayloadBytes = 2048

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const prefix = Buffer.from('PROXY ', 'latin1')
/** Signature, version and command, family, length. */
const fixedBytes = 16

/** @returns undefined when more octets are needed @throws RoundtripError `BAD_REQUEST` for anything but a header */
export const parseProxyHeader = (octets: Buffer): ProxyHeader | undefined => {
  if (startsLike(octets, signature)) return parseBinary(octets)
  if (startsLike(octets, prefix)) return parseLine(octets)
  throw malformed('it begins with neither signature')
}

const malformed = (why: string): RoundtripError =>
  new RoundtripError('BAD_REQUEST', `The PROXY protocol header of a trusted load balancer is malformed: ${why}.`)

/** As far as there are octets yet. */
const startsLike = (octets: Buffer, beginning: Buffer): boolean => {
  const length = Math.min(octets.length, beginning.length)
  return octets.compare(beginning, 0, length, 0, length) === 0
}

const parseLine = (octets: Buffer): ProxyHeader | undefined => {
  const end = octets.subarray(0, maxLineBytes).indexOf('\r\n')
  if (end === -1) {
    if (octets.length >= maxLineBytes) throw malformed('the line does not end')
    return undefined
  }
  const length = end + 2
  const [, family = '', ...rest] = octets.toString('latin1', 0, end).split(' ')
  // §2.1: whatever follows UNKNOWN is to be ignored.
  if (family === 'UNKNOWN') return { length, client: undefined }
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : undefined
  if (isAddress === undefined) throw malformed('it names no known protocol')
  const [source = '', destination = '', sourcePort = '', destinationPort = ''] = rest
  if (rest.length !== 4 || !isAddress(source) || !isAddress(destination)) throw malformed('it has no valid addresses')
  portOf(destinationPort)
  return { length, client: { address: source, port: portOf(sourcePort) } }
}

const portOf = (text: string): number => {
  const port = Number(text)
  if (!/^(?:0|[1-9]\d{0,4})$/.test(text) || port > 65_535) throw malformed('it has no valid ports')
  return port
}

const parseBinary = (octets: Buffer): ProxyHeader | undefined => {
  if (octets.length < fixedBytes) return undefined
  const [versionAndCommand = 0, familyAndProtocol = 0] = octets.subarray(12, 14)
  const payloadBytes = octets.readUInt16BE(14)
  if (versionAndCommand >> 4 !== 2) throw malformed('its version is not 2')
  if (payloadBytes > maxPayloadBytes) throw malformed('it is too long')
  const length = fixedBytes + payloadBytes
  if (octets.length < length) return undefined
  const command = versionAndCommand & 0xf
  // LOCAL: the load balancer itself; UNSPEC: it does not say who.
  if (command === 0 || (command === 1 && familyAndProtocol === 0)) return { length, client: undefined }
  if (command !== 1) throw malformed('its command is unknown')
  return { length, client: addressOf(familyAndProtocol, octets.subarray(fixedBytes, length)) }
}

/** Stream sockets over IPv4 and IPv6: nothing else can have come here. */
const addressOf = (familyAndProtocol: number, payload: Buffer): ProxyHeader['client'] => {
  if (familyAndProtocol === 0x11 && payload.length >= 12) {
    return { address: payload.subarray(0, 4).join('.'), port: payload.readUInt16BE(8) }
  }
  if (familyAndProtocol === 0x21 && payload.length >= 36) {
    return { address: ipv6Of(payload.subarray(0, 16)), port: payload.readUInt16BE(32) }
  }
  throw malformed('its addresses are of another family, or cut short')
}

/** In the shortest form (RFC 5952), which the URL parser knows. */
const ipv6Of = (octets: Buffer): string => {
  const groups = Array.from({ length: 8 }, (_, index) => octets.readUInt16BE(index * 2).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
