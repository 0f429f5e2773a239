import { describe, expect, it } from 'vitest'
import { clientHello, inRecordsOf } from '../testing/client-hello.ts'
import { parseClientHello } from './client-hello.ts'

const named = await clientHello({ servername: 'shop.test' })
const unnamed = await clientHello({ servername: '' })
/** Version, random, no session, one suite, no compression: as old clients send it, without extensions. */
const body = Buffer.from([3, 3, ...Buffer.alloc(32), 0, 0, 2, 0x13, 0x01, 1, 0])
const recordOf = (message: Buffer): Buffer => Buffer.concat([Buffer.from([22, 3, 1, 0, message.length]), message])
const helloOf = (octets: Buffer): Buffer => recordOf(Buffer.concat([Buffer.from([1, 0, 0, octets.length]), octets]))
const withExtension = (type: number, content: readonly number[]): Buffer =>
  helloOf(Buffer.concat([body, Buffer.from([0, content.length + 4, 0, type, 0, content.length, ...content])]))

describe('the name in a ClientHello', () => {
  it('is what the client asks for', () => {
    expect(parseClientHello(named)).toEqual({ length: 0, serverName: 'shop.test', isReadable: true })
    expect(parseClientHello(inRecordsOf(1, named))).toMatchObject({ serverName: 'shop.test' })
    // What follows is no part of it: early data, or anything else.
    for (const more of [Buffer.from([20, 3, 3, 0, 1, 1]), inRecordsOf(9, unnamed)]) {
      expect(parseClientHello(Buffer.concat([named, more]))).toMatchObject({ serverName: 'shop.test' })
    }
  })

  it('may be missing', () => {
    for (const hello of [unnamed, helloOf(body), withExtension(16, [0, 3, 2, 104, 50]), withExtension(0, [0, 0])]) {
      expect(parseClientHello(hello)).toEqual({ length: 0, serverName: undefined, isReadable: true })
    }
  })

  it('is waited for until the message is whole', () => {
    for (const octets of [named, inRecordsOf(7, named)]) {
      for (let end = 0; end < octets.length; end++) expect(parseClientHello(octets.subarray(0, end))).toBeUndefined()
    }
  })

  it.each([
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\n')],
    ['another record', Buffer.from([21, 3, 1, 0, 2, 2, 0])],
    [
      'a hello that another record interrupts',
      Buffer.concat([inRecordsOf(9, named).subarray(0, 14), Buffer.from([23])]),
    ],
    ['another message', recordOf(Buffer.from([2, 0, 0, 0]))],
    ['a hello that ends too early', helloOf(body.subarray(0, 20))],
    ['extensions that end too early', helloOf(Buffer.concat([body, Buffer.from([0, 9, 0, 16, 0, 0])]))],
    ['a name that ends too early', withExtension(0, [0, 9, 0, 0, 6, 97])],
    [
      'a hello without end',
      inRecordsOf(200, Buffer.concat([Buffer.from([22, 3, 1, 0, 0, 1, 255, 255, 255]), Buffer.alloc(20_000)])),
    ],
  ])('is not looked for in %s', (_what, octets) => {
    expect(parseClientHello(octets)).toMatchObject({ isReadable: false })
  })
})
