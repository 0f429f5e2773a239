/** What RFC 9113 and RFC 7541 demand of a server, a row for each demand, with frames written by hand. */
import { text } from 'node:stream/consumers'
import { Fields, type HttpHandler } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { flag, frameType, preface, setting } from './frame-types.ts'
import { block, data, frame, headers, pseudo, RawClient, serveForTest, uint32 } from './testing.ts'

const { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION } =
  frameType
const { ACK, END_STREAM, END_HEADERS, PADDED } = flag

const handler: HttpHandler = async ({ body }) => ({
  status: 200,
  fields: Fields.of(),
  body: body === undefined ? 'ok' : await text(body),
})

const ask = async (octets: readonly Buffer[], opening?: Buffer): Promise<string> => {
  const client = await RawClient.connect(await serveForTest(handler), opening)
  return client.send(...octets).verdict()
}

const get = headers(1, pseudo())
const post = (...more: (readonly [string, string])[]): Buffer => headers(1, [...pseudo('POST'), ...more], false)
const withField = (name: string, value: string): Buffer => headers(1, [...pseudo(), [name, value]])
const settings = (id: number, value: number): Buffer => frame(SETTINGS, 0, 0, [id >> 8, id & 0xff, ...uint32(value)])
const rawBlock = (...octets: number[]): Buffer =>
  frame(HEADERS, END_HEADERS | END_STREAM, 1, Buffer.concat([block(pseudo()), Buffer.from(octets)]))

describe('§3.4 preface', () => {
  it.each([
    ['anything else', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), 'goaway PROTOCOL_ERROR'],
    ['no SETTINGS', Buffer.concat([preface, get]), 'goaway PROTOCOL_ERROR'],
    ['an acknowledgement', Buffer.concat([preface, frame(SETTINGS, ACK)]), 'goaway PROTOCOL_ERROR'],
  ])('%s', async (_what, opening, verdict) => {
    expect(await ask([], opening)).toBe(verdict)
  })
})

describe('frames', () => {
  it.each<[string, Buffer[], string]>([
    ['§4.1 unknown type', [frame(0x77, 0xff, 3, [1, 2]), get], 'status 200'],
    ['§4.1 reserved bit', [frame(PING, 0, 0x8000_0000, Buffer.alloc(8)), get], 'status 200'],
    ['§4.2 larger than allowed', [frame(DATA, 0, 1, Buffer.alloc(16_385))], 'goaway FRAME_SIZE_ERROR'],
    ['§4.3 DATA inside a block', [frame(HEADERS, 0, 1, block(pseudo())), data(1, '')], 'goaway PROTOCOL_ERROR'],
    [
      '§4.3 HEADERS inside a block',
      [frame(HEADERS, 0, 1, block(pseudo())), headers(3, pseudo())],
      'goaway PROTOCOL_ERROR',
    ],
    ['§4.3 unknown inside a block', [frame(HEADERS, 0, 1, block(pseudo())), frame(0x77)], 'goaway PROTOCOL_ERROR'],
    ['§6.1 DATA on no stream', [frame(DATA, 0, 0, [1])], 'goaway PROTOCOL_ERROR'],
    ['§6.1 more padding than DATA', [post(), frame(DATA, PADDED, 1, [5, 1])], 'goaway PROTOCOL_ERROR'],
    ['§6.1 padding without length', [post(), frame(DATA, PADDED, 1)], 'goaway FRAME_SIZE_ERROR'],
    ['§6.1 padded DATA', [post(), frame(DATA, PADDED | END_STREAM, 1, [1, 65, 0])], 'status 200'],
    ['§6.2 HEADERS on no stream', [headers(0, pseudo())], 'goaway PROTOCOL_ERROR'],
    ['§6.2 more padding than HEADERS', [frame(HEADERS, END_HEADERS | PADDED, 1, [9, 1])], 'goaway PROTOCOL_ERROR'],
    ['§6.2 no room for priority', [frame(HEADERS, END_HEADERS | flag.PRIORITY, 1, [0])], 'goaway FRAME_SIZE_ERROR'],
    ['§6.2 padded, with priority', [paddedGet()], 'status 200'],
    ['§6.3 PRIORITY on no stream', [frame(PRIORITY, 0, 0, Buffer.alloc(5))], 'goaway PROTOCOL_ERROR'],
    ['§6.3 PRIORITY of 4 octets', [frame(PRIORITY, 0, 1, Buffer.alloc(4))], 'reset 1 FRAME_SIZE_ERROR'],
    ['§6.3 PRIORITY', [frame(PRIORITY, 0, 1, Buffer.alloc(5)), get], 'status 200'],
    ['§6.3 a stream on itself', [frame(PRIORITY, 0, 3, [...uint32(3), 0])], 'reset 3 PROTOCOL_ERROR'],
    ['§6.4 RST_STREAM on no stream', [frame(RST_STREAM, 0, 0, uint32(8))], 'goaway PROTOCOL_ERROR'],
    ['§6.4 RST_STREAM when idle', [frame(RST_STREAM, 0, 1, uint32(8))], 'goaway PROTOCOL_ERROR'],
    ['§6.4 RST_STREAM of 3 octets', [get, frame(RST_STREAM, 0, 1, [0, 0, 8])], 'goaway FRAME_SIZE_ERROR'],
    ['§6.5 SETTINGS on a stream', [frame(SETTINGS, 0, 1)], 'goaway PROTOCOL_ERROR'],
    ['§6.5 SETTINGS of 5 octets', [frame(SETTINGS, 0, 0, Buffer.alloc(5))], 'goaway FRAME_SIZE_ERROR'],
    ['§6.5 acknowledgement with content', [frame(SETTINGS, ACK, 0, Buffer.alloc(6))], 'goaway FRAME_SIZE_ERROR'],
    ['§6.5.2 ENABLE_PUSH 2', [settings(setting.ENABLE_PUSH, 2)], 'goaway PROTOCOL_ERROR'],
    ['§6.5.2 window out of range', [settings(setting.INITIAL_WINDOW_SIZE, 2 ** 31)], 'goaway FLOW_CONTROL_ERROR'],
    ['§6.5.2 frame size too small', [settings(setting.MAX_FRAME_SIZE, 16_383)], 'goaway PROTOCOL_ERROR'],
    ['§6.5.2 frame size too large', [settings(setting.MAX_FRAME_SIZE, 2 ** 24)], 'goaway PROTOCOL_ERROR'],
    ['§6.5.2 unknown setting', [settings(0xff, 1), get], 'status 200'],
    ['§6.6 PUSH_PROMISE', [frame(PUSH_PROMISE, END_HEADERS, 1, uint32(2))], 'goaway PROTOCOL_ERROR'],
    ['§6.7 PING on a stream', [frame(PING, 0, 1, Buffer.alloc(8))], 'goaway PROTOCOL_ERROR'],
    ['§6.7 PING of 7 octets', [frame(PING, 0, 0, Buffer.alloc(7))], 'goaway FRAME_SIZE_ERROR'],
    ['§6.8 GOAWAY on a stream', [frame(GOAWAY, 0, 1, Buffer.alloc(8))], 'goaway PROTOCOL_ERROR'],
    ['§6.8 GOAWAY of 4 octets', [frame(GOAWAY, 0, 0, Buffer.alloc(4))], 'goaway FRAME_SIZE_ERROR'],
    ['§6.8 GOAWAY, nothing open', [frame(GOAWAY, 0, 0, Buffer.alloc(8))], 'goaway NO_ERROR'],
    ['§6.9 WINDOW_UPDATE of 3 octets', [frame(WINDOW_UPDATE, 0, 0, [0, 0, 1])], 'goaway FRAME_SIZE_ERROR'],
    ['§6.9 WINDOW_UPDATE by nothing', [frame(WINDOW_UPDATE, 0, 0, uint32(0))], 'goaway PROTOCOL_ERROR'],
    ['§6.9 the same on a stream', [post(), frame(WINDOW_UPDATE, 0, 1, uint32(0))], 'reset 1 PROTOCOL_ERROR'],
    ['§6.9 WINDOW_UPDATE when idle', [frame(WINDOW_UPDATE, 0, 1, uint32(1))], 'goaway PROTOCOL_ERROR'],
    ['§6.9.1 window overflow', [frame(WINDOW_UPDATE, 0, 0, uint32(2 ** 31 - 1))], 'goaway FLOW_CONTROL_ERROR'],
    ['§6.9.1 on a stream', [post(), frame(WINDOW_UPDATE, 0, 1, uint32(2 ** 31 - 1))], 'reset 1 FLOW_CONTROL_ERROR'],
    ['§6.10 CONTINUATION of nothing', [frame(CONTINUATION, END_HEADERS, 1)], 'goaway PROTOCOL_ERROR'],
    ['§6.10 CONTINUATION', [split()], 'status 200'],
    ['§6.10 on another stream', [frame(HEADERS, 0, 1), frame(CONTINUATION, END_HEADERS, 3)], 'goaway PROTOCOL_ERROR'],
  ])('%s', async (_what, octets, verdict) => {
    expect(await ask(octets)).toBe(verdict)
  })
})

function paddedGet(): Buffer {
  const flags = END_HEADERS | END_STREAM | PADDED | flag.PRIORITY
  return frame(HEADERS, flags, 1, Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 16]), block(pseudo()), Buffer.alloc(2)]))
}

function split(): Buffer {
  const octets = block(pseudo())
  return Buffer.concat([
    frame(HEADERS, END_STREAM, 1, octets.subarray(0, 7)),
    frame(CONTINUATION, 0, 1, octets.subarray(7, 9)),
    frame(CONTINUATION, END_HEADERS, 1, octets.subarray(9)),
  ])
}

describe('§5 streams', () => {
  it.each<[string, Buffer[], string]>([
    ['§5.1 DATA when idle', [data(1, 'a')], 'goaway PROTOCOL_ERROR'],
    ['§5.1 DATA after the end', [post(), data(1, '', true), data(1, 'a')], 'reset 1 STREAM_CLOSED'],
    ['§5.1 HEADERS after the end', [post(), data(1, '', true), headers(1, pseudo())], 'reset 1 STREAM_CLOSED'],
    ['§5.1 DATA after RST_STREAM', [post(), frame(RST_STREAM, 0, 1, uint32(8)), data(1, 'a')], 'goaway STREAM_CLOSED'],
    [
      '§5.1 RST_STREAM twice',
      [post(), ...[1, 2].map(() => frame(RST_STREAM, 0, 1, uint32(8))), headers(3, pseudo())],
      'status 200',
    ],
    ['§5.1.1 even number', [headers(2, pseudo())], 'goaway PROTOCOL_ERROR'],
    ['§5.1.1 a lower number', [headers(5, pseudo('POST'), false), headers(3, pseudo())], 'goaway STREAM_CLOSED'],
    [
      '§5.3.1 a stream on itself',
      [frame(HEADERS, END_HEADERS | END_STREAM | flag.PRIORITY, 1, [...uint32(1), 0, ...block(pseudo())])],
      'reset 1 PROTOCOL_ERROR',
    ],
  ])('%s', async (_what, octets, verdict) => {
    expect(await ask(octets)).toBe(verdict)
  })

  it('§5.1 what comes for a stream that we reset is no error', async () => {
    const client = await RawClient.connect(await serveForTest(handler))
    client.send(post(['content-length', '1']), data(1, 'ab'))
    expect(await client.verdict()).toBe('reset 1 PROTOCOL_ERROR')
    client.send(data(1, 'cd'), headers(1, [['x-trailer', '1']]), headers(3, pseudo()))
    expect(await client.verdict()).toBe('status 200')
  })
})

describe('§8 requests', () => {
  it.each<[string, Buffer, string]>([
    [
      '§8.1 second HEADERS without an end',
      Buffer.concat([post(), headers(1, [['a', 'b']], false)]),
      'reset 1 PROTOCOL_ERROR',
    ],
    ['§8.1 trailers', Buffer.concat([post(), data(1, 'a'), headers(1, [['a', 'b']])]), 'status 200'],
    [
      '§8.1 trailers with a pseudo-field',
      Buffer.concat([post(), headers(1, [[':path', '/']])]),
      'reset 1 PROTOCOL_ERROR',
    ],
    ['§8.1 malformed trailers', Buffer.concat([post(), headers(1, [['a', 'b\r\nc: d']])]), 'reset 1 PROTOCOL_ERROR'],
    [
      '§8.1.1 too much content',
      Buffer.concat([post(['content-length', '1']), data(1, 'ab')]),
      'reset 1 PROTOCOL_ERROR',
    ],
    [
      '§8.1.1 too little',
      Buffer.concat([post(['content-length', '3']), data(1, 'ab', true)]),
      'reset 1 PROTOCOL_ERROR',
    ],
    [
      '§8.1.1 too little, by trailers',
      Buffer.concat([post(['content-length', '3']), headers(1, [['a', 'b']])]),
      'reset 1 PROTOCOL_ERROR',
    ],
    ['§8.1.1 none at all', withField('content-length', '3'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.1.1 none announced', withField('content-length', '0'), 'status 200'],
    [
      '§8.1.1 repeated length',
      headers(1, [...pseudo(), ['content-length', '0'], ['content-length', '0']]),
      'reset 1 PROTOCOL_ERROR',
    ],
    ['§8.1.1 odd length', withField('content-length', '+0'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.1.1 a list of lengths', withField('content-length', '0, 0'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.2 upper case', withField('X-A', 'b'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.2.1 CR LF in a value', withField('a', 'b\r\nc: d'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.2.1 LF in a value', withField('a', 'b\nc'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.2.1 NUL in a value', withField('a', 'b\0c'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.2.1 space around a value', withField('a', ' b'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.2.1 tab behind a value', withField('a', 'b\t'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.2.1 space in a name', withField('a b', 'c'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.2.1 colon in a name', withField('a:b', 'c'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.2.1 an empty name', withField('', 'c'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.2.1 an empty value', withField('a', ''), 'status 200'],
    ['§8.2.2 connection', withField('connection', 'close'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.2.2 keep-alive', withField('keep-alive', '5'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.2.2 proxy-connection', withField('proxy-connection', 'close'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.2.2 transfer-encoding', withField('transfer-encoding', 'chunked'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.2.2 upgrade', withField('upgrade', 'h2c'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.2.2 te', withField('te', 'gzip'), 'reset 1 PROTOCOL_ERROR'],
    ['§8.2.2 te: trailers', withField('te', 'trailers'), 'status 200'],
    ['§8.3 unknown pseudo-field', headers(1, [...pseudo(), [':protocol', 'websocket']]), 'reset 1 PROTOCOL_ERROR'],
    ['§8.3 that of a response', headers(1, [...pseudo(), [':status', '200']]), 'reset 1 PROTOCOL_ERROR'],
    ['§8.3 behind a field', headers(1, [['a', 'b'], ...pseudo()]), 'reset 1 PROTOCOL_ERROR'],
    ['§8.3 behind Host', headers(1, [['host', 'www.roundtrip.test'], ...pseudo()]), 'reset 1 PROTOCOL_ERROR'],
    ['§8.3 twice', headers(1, [...pseudo(), [':path', '/b']]), 'reset 1 PROTOCOL_ERROR'],
    ['§8.3.1 no method', headers(1, pseudo().slice(1)), 'reset 1 PROTOCOL_ERROR'],
    ['§8.3.1 method with a space', headers(1, pseudo('GET /a')), 'reset 1 PROTOCOL_ERROR'],
    ['§8.3.1 no scheme', headers(1, pseudo().toSpliced(1, 1)), 'reset 1 PROTOCOL_ERROR'],
    [
      '§8.3.1 another scheme',
      headers(1, [
        [':method', 'GET'],
        [':scheme', 'https'],
        [':authority', 'a'],
        [':path', '/'],
      ]),
      'status 400',
    ],
    ['§8.3.1 no path', headers(1, pseudo().slice(0, 3)), 'reset 1 PROTOCOL_ERROR'],
    ['§8.3.1 an empty path', headers(1, pseudo('GET', '')), 'reset 1 PROTOCOL_ERROR'],
    ['§8.3.1 no path but a URL', headers(1, pseudo('GET', 'http://a/')), 'status 400'],
    ['§8.3.1 a path with a space', headers(1, pseudo('GET', '/a HTTP/1.1')), 'status 400'],
    ['§8.3.1 a path with LF', headers(1, pseudo('GET', '/a\nb')), 'reset 1 PROTOCOL_ERROR'],
    ['§8.3.1 a fragment', headers(1, pseudo('GET', '/a#b')), 'status 400'],
    ['§8.3.1 GET *', headers(1, pseudo('GET', '*')), 'status 400'],
    ['§8.3.1 OPTIONS *', headers(1, pseudo('OPTIONS', '*')), 'status 200'],
    ['§8.3.1 no authority', headers(1, pseudo().toSpliced(2, 1)), 'status 400'],
    ['§8.3.1 Host instead', headers(1, [...pseudo().toSpliced(2, 1), ['host', 'www.roundtrip.test']]), 'status 200'],
    ['§8.3.1 Host that agrees', withField('host', 'WWW.roundtrip.test'), 'status 200'],
    ['§8.3.1 Host that contradicts', withField('host', 'evil.test'), 'status 400'],
    ['§8.3.1 an empty Host', withField('host', ''), 'status 400'],
    ['§8.3.1 userinfo', headers(1, [...pseudo().slice(0, 2), [':authority', 'a@b'], [':path', '/']]), 'status 400'],
    [
      '§8.5 CONNECT',
      headers(1, [
        [':method', 'CONNECT'],
        [':authority', 'a:443'],
      ]),
      'status 405',
    ],
    ['§8.5 CONNECT with a path', headers(1, pseudo('CONNECT')), 'reset 1 PROTOCOL_ERROR'],
    ['RFC 9110 §10.1.1 another expectation', withField('expect', 'the-unexpected'), 'status 417'],
  ])('%s', async (_what, octets, verdict) => {
    expect(await ask([octets])).toBe(verdict)
  })

  it('§8.2.3 joins cookies', async () => {
    const server = await serveForTest(async ({ fields }) => ({
      status: 200,
      fields: Fields.of(),
      body: fields.get('cookie'),
    }))
    const client = await RawClient.connect(server)
    client.send(headers(1, [...pseudo(), ['cookie', 'a=1'], ['x', 'y'], ['cookie', 'b=2']]))
    expect(await client.content(1)).toBe('a=1; b=2')
  })

  it('RFC 9110 §10.1.1 asks for the content when somebody reads it', async () => {
    const client = await RawClient.connect(await serveForTest(handler))
    client.send(post(['expect', '100-continue']))
    expect(await client.verdict()).toBe('status 100')
    client.send(data(1, 'hello', true))
    expect(await client.verdict()).toBe('status 200')
    expect(await client.content(1)).toBe('hello')
  })
})

describe('RFC 7541', () => {
  it.each<[string, number[]]>([
    ['§2.3.3 an index outside of the tables', [0xff, 0x00]],
    ['§2.3.3 a name outside of the tables', [0x7f, 0x00, 0x01, 0x61]],
    ['§4.2 a size update behind a field', [0x20]],
    ['§5.1 an integer out of bounds', [0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['§5.1 an integer that breaks off', [0xff, 0x80]],
    ['§5.2 a string longer than the block', [0x00, 0x05, 0x61]],
    ['§5.2 eight bits of padding', [0x00, 0x01, 0x61, 0x82, 0x1f, 0xff]],
    ['§5.2 padding of zeros', [0x00, 0x01, 0x61, 0x81, 0x18]],
    ['§5.2 EOS', [0x00, 0x01, 0x61, 0x84, 0xff, 0xff, 0xff, 0xff]],
    ['§6.1 index 0', [0x80]],
  ])('%s', async (_what, octets) => {
    expect(await ask([rawBlock(...octets)])).toBe('goaway COMPRESSION_ERROR')
  })

  it('§6.3 a table larger than announced', async () => {
    const octets = Buffer.concat([Buffer.from([0x3f, 0xe2, 0x1f]), block(pseudo())])
    expect(await ask([frame(HEADERS, END_HEADERS | END_STREAM, 1, octets)])).toBe('goaway COMPRESSION_ERROR')
  })
})
