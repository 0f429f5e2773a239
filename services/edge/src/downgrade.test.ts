/** What HTTP/2 can say and HTTP/1.1 would read as something else never reaches a next hop (RFC 9113 §8.2, §8.3, §10.3). */
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { frame, preface } from './testing/http2-frames.ts'
import { connectRaw, host, startOrigin, startTestEdge, type TestEdge } from './testing/test-edge.ts'

type Line = readonly [name: string, value: string]

/** Literals that touch no table (RFC 7541 §6.2.2), each shorter than 127 octets. */
const block = (lines: readonly Line[]): Buffer =>
  Buffer.concat(
    lines.flatMap(([name, value]) => [
      Buffer.from([0, name.length]),
      Buffer.from(name, 'latin1'),
      Buffer.from([value.length]),
      Buffer.from(value, 'latin1'),
    ]),
  )

interface Case {
  readonly lines: readonly Line[]
  readonly content?: string
}

/** Sends a request, then one that is plain, and reads until that was answered or the connection has ended. */
const send = async (edge: TestEdge, { lines, content }: Case): Promise<void> => {
  const socket = await connectRaw(edge, { ALPNProtocols: ['h2'] })
  const isOver = content === undefined
  socket.write(Buffer.concat([preface, frame(1, isOver ? 5 : 4, 1, block(lines))]))
  if (!isOver) socket.write(frame(0, 1, 1, Buffer.from(content)))
  socket.write(frame(1, 5, 3, block(pseudo({}))))
  let seen = Buffer.alloc(0)
  for (;;) {
    const chunk = await Promise.race<Buffer | undefined>([
      once(socket, 'data').then(([octets]) => octets as Buffer),
      once(socket, 'close').then(() => undefined),
    ])
    if (chunk === undefined) return
    seen = Buffer.concat([seen, chunk])
    if (hasEnded(seen, 3)) return
  }
}

/** Whether END_STREAM has come for a stream. */
const hasEnded = (octets: Buffer, id: number): boolean => {
  for (let at = 0; at + 9 <= octets.length; at += 9 + octets.readUIntBE(at, 3)) {
    const type = octets[at + 3] ?? 0
    const flags = octets[at + 4] ?? 0
    if (type <= 1 && (flags & 1) === 1 && octets.readUInt32BE(at + 5) === id) return true
  }
  return false
}

const pseudo = (overrides: Record<string, string>): Line[] =>
  Object.entries({ ':method': 'GET', ':scheme': 'https', ':authority': host, ':path': '/plain', ...overrides })

const smuggled = `GET /smuggled HTTP/1.1\r\nHost: ${host}\r\n\r\n`
const post = pseudo({ ':method': 'POST', ':path': '/attack' })
const get = pseudo({ ':path': '/attack' })

const withLines = (...lines: Line[]): Case => ({ lines: [...get, ...lines] })
const withContent = (...lines: Line[]): Case => ({ lines: [...post, ...lines], content: smuggled })
const withPseudo = (overrides: Record<string, string>): Case => ({
  lines: pseudo({ ':path': '/attack', ...overrides }),
})

const cases: [name: string, sent: Case][] = [
  ['CRLF in a value', withLines(['x', `y\r\n\r\n${smuggled}`])],
  ['LF in a value', withLines(['x', 'y\nz: a'])],
  ['CR in a value', withLines(['x', 'y\rz: a'])],
  ['NUL in a value', withLines(['x', 'y\0'])],
  ['CRLF in a name', withLines(['x: y\r\nz', 'a'])],
  ['a colon in a name', withLines(['transfer-encoding: chunked', 'x'])],
  ['a space in a name', withLines(['x y', 'z'])],
  ['capitals in a name', withLines(['Transfer-Encoding', 'chunked'])],
  ['an empty name', withLines(['', 'x'])],
  ['Transfer-Encoding', withContent(['transfer-encoding', 'chunked'])],
  ['Transfer-Encoding after a space', withContent(['transfer-encoding ', 'chunked'])],
  ['Connection', withLines(['connection', 'x-forwarded-for'])],
  ['Keep-Alive', withLines(['keep-alive', '5'])],
  ['Proxy-Connection', withLines(['proxy-connection', 'close'])],
  ['Upgrade', withLines(['upgrade', 'h2c'])],
  ['TE other than trailers', withLines(['te', 'chunked'])],
  ['a Content-Length that is too small', withContent(['content-length', '0'])],
  ['a Content-Length that is too large', withContent(['content-length', '999'])],
  ['two Content-Lengths', withContent(['content-length', '0'], ['content-length', String(smuggled.length)])],
  ['a list of Content-Lengths', withContent(['content-length', `${smuggled.length}, 0`])],
  ['a Content-Length with a sign', withContent(['content-length', `+${smuggled.length}`])],
  ['a Content-Length with leading zeros', withContent(['content-length', `00${smuggled.length}`])],
  ['an underscore in Content-Length', withContent(['content_length', '0'])],
  ['an underscore in Transfer-Encoding', withContent(['transfer_encoding', 'chunked'])],
  ['an underscore in a forwarding field', withLines(['x_forwarded_for', '10.0.0.1'])],
  ['a Content-Length without content', withLines(['content-length', '5'])],
  ['a space in :method', withPseudo({ ':method': 'GET /smuggled HTTP/1.1' })],
  ['CRLF in :method', withPseudo({ ':method': `${smuggled}GET` })],
  ['an empty :method', withPseudo({ ':method': '' })],
  ['a space in :path', withPseudo({ ':path': '/attack HTTP/1.1' })],
  ['CRLF in :path', withPseudo({ ':path': `/attack HTTP/1.1\r\nHost: x\r\n\r\n` })],
  ['a tab in :path', withPseudo({ ':path': '/attack\tx' })],
  ['an empty :path', withPseudo({ ':path': '' })],
  ['a :path that is none', withPseudo({ ':path': 'attack' })],
  ['an absolute :path', withPseudo({ ':path': 'https://other.test/attack' })],
  ['a fragment in :path', withPseudo({ ':path': '/attack#x' })],
  ['CRLF in :authority', withPseudo({ ':authority': `${host}\r\nx: y` })],
  ['userinfo in :authority', withPseudo({ ':authority': `x@${host}` })],
  ['a path in :authority', withPseudo({ ':authority': `${host}/x` })],
  ['an empty :authority', withPseudo({ ':authority': '' })],
  ['CRLF in :scheme', withPseudo({ ':scheme': 'https\r\nx: y' })],
  ['another :scheme', withPseudo({ ':scheme': 'http' })],
  ['Host other than :authority', withLines(['host', 'other.test'])],
  ['Host twice', withLines(['host', host], ['host', host])],
  ['two :path', { lines: [...get, [':path', '/smuggled']] }],
  ['two :method', { lines: [[':method', 'POST'], ...get] }],
  ['two :authority', { lines: [[':authority', 'other.test'], ...get] }],
  ['a pseudo-field behind a field', { lines: [['x', 'y'], ...get] }],
  ['a pseudo-field of responses', withLines([':status', '200'])],
  ['a pseudo-field that nobody knows', { lines: [[':evil', 'x'], ...get] }],
  ['a :protocol nobody offered', { lines: [[':protocol', 'websocket'], ...pseudo({ ':method': 'CONNECT' })] }],
  ['no :path', { lines: get.filter(([name]) => name !== ':path') }],
  ['no :scheme', { lines: get.filter(([name]) => name !== ':scheme') }],
  ['no :method', { lines: get.filter(([name]) => name !== ':method') }],
]

it.each(cases)('%s goes no further', async (_name, sent) => {
  const seen: string[] = []
  const origin = await startOrigin((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    request.resume().once('end', () => response.end('ok'))
  })
  const edge = await startTestEdge([origin])
  await send(edge, sent)
  expect(seen.filter((line) => line !== 'GET /plain')).toEqual([])
})

it('while a plain request with the like of those fields does', async () => {
  const seen: unknown[] = []
  const origin = await startOrigin((request, response) => {
    seen.push([request.url, request.headers['x'], request.headers.host])
    request.resume().once('end', () => response.end('ok'))
  })
  const edge = await startTestEdge([origin])
  await send(edge, {
    lines: [...post, ['x', 'y'], ['host', host], ['content-length', '2'], ['te', 'trailers']],
    content: 'ab',
  })
  expect(seen).toContainEqual(['/attack', 'y', host])
})
