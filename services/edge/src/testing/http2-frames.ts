/** For tests: HTTP/2 frames as no client would send them (RFC 9113 §4.1). */
import { host } from './test-edge.ts'

export const frame = (type: number, flags: number, id: number, payload: Buffer = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(id, 5)
  return Buffer.concat([head, payload])
}

export const [data, headers, reset, settings, ping, windowUpdate, continuation] = [0, 1, 3, 4, 6, 8, 9]
export const endStream = 1
export const endHeaders = 4

export const line = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)])

/** GET over HTTPS, as indexed fields (RFC 7541 appendix A), and who is asked. */
export const getRequest = Buffer.concat([Buffer.from([0x82, 0x87, 0x84]), line(':authority', host)])

export const postRequest = Buffer.concat([Buffer.from([0x83]), getRequest.subarray(1)])

export const streams = (count: number, framesOf: (id: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => framesOf(2 * index + 1)))

export const times = (count: number, octets: Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => octets))

/** What every client says first. */
export const preface = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(settings, 0, 0)])
