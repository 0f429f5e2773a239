import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { FrameReader, frameMessage } from '../framing.ts'
import { decodeMessage, encodeMessage, type Message } from '../message.ts'
import { canonicalName, parseName } from '../name.ts'
import { query } from './query.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** What a server makes of a query: octets to send, in order. */
type Script = (asked: Message, turn: number) => readonly Message[]

/** A server on one port for both transports that does as the scripts say. */
const serve = async (udp: Script, tcp: Script = () => []) => {
  const asked: Message[] = []
  const server = createServer((socket) => {
    const frames = new FrameReader()
    socket.on('error', () => socket.destroy())
    socket.on('data', (piece: Buffer) => {
      for (const message of frames.push(piece).map(decodeMessage)) {
        asked.push(message)
        const replies = tcp(message, asked.length)
        for (const reply of replies) socket.write(frameMessage(encodeMessage(reply)))
        if (replies.length === 0) socket.end()
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = createSocket('udp4')
  socket.on('message', (bytes, from: RemoteInfo) => {
    const message = decodeMessage(bytes)
    asked.push(message)
    for (const reply of udp(message, asked.length)) socket.send(encodeMessage(reply), from.port, from.address)
  })
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  closing.push(() => {
    server.close()
    socket.close()
  })
  return { host: '127.0.0.1', port, asked }
}

const answerTo = (asked: Message, changes: Partial<Message> = {}): Message => ({
  ...asked,
  isResponse: true,
  answers: [
    { name: asked.questions[0]?.name ?? parseName('.'), class: 'IN', ttlSeconds: 1, type: 'A', address: '127.0.0.1' },
  ],
  ...changes,
})

const inLowerCase = (asked: Message): Pick<Message, 'questions'> => ({
  questions: asked.questions.map((question) => ({ ...question, name: canonicalName(question.name) })),
})

const name = 'a-rather-long-name.roundtrip.test'

test('asks with EDNS 1232, a random id and random letter case, and tells who answered and how', async () => {
  const server = await serve((asked) => [answerTo(asked)])
  const times = [1000, 1000, 1250]
  const result = await query({ ...server, name, random: (limit) => limit - 1, clock: () => times.shift() ?? 1250 })
  expect(server.asked).toMatchObject([
    {
      id: 0xffff,
      edns: { udpPayloadBytes: 1232 },
      recursionDesired: false,
      questions: [{ name: `${name.toUpperCase()}.` }],
    },
  ])
  expect(result).toMatchObject({ server: `127.0.0.1:${server.port}`, transport: 'udp', durationMs: 250 })
  expect(result.message.answers).toMatchObject([{ address: '127.0.0.1' }])
})

test('mixes the case of letters unless told otherwise', async () => {
  const server = await serve((asked) => [answerTo(asked)])
  await query({ ...server, name })
  const asked = server.asked[0]?.questions[0]?.name ?? ''
  expect(asked).toMatch(/[a-z]/)
  expect(asked).toMatch(/[A-Z]/)
})

test('ignores what does not answer the question', async () => {
  const server = await serve((asked) => [
    answerTo(asked, { id: asked.id ^ 1 }),
    answerTo(asked, { isResponse: false }),
    answerTo(asked, { questions: [{ name: parseName('other.test'), type: 'A', class: 'IN' }] }),
    answerTo(asked, { questions: asked.questions.map((question) => ({ ...question, type: 'TXT' })) }),
    answerTo(asked, { questions: [] }),
    answerTo(asked, { rcode: 'NXDOMAIN', answers: [] }),
  ])
  await expect(query({ ...server, name })).resolves.toMatchObject({ message: { rcode: 'NXDOMAIN' } })
})

test('goes on over TCP when the answer is truncated', async () => {
  const server = await serve(
    (asked) => [answerTo(asked, { truncated: true, answers: [] })],
    (asked) => [answerTo(asked, inLowerCase(asked))],
  )
  const result = await query({ ...server, name })
  expect(result).toMatchObject({ transport: 'tcp', message: { truncated: false } })
  expect(result.message.answers).toHaveLength(1)
})

test('goes on over TCP when the case of the name did not come back', async () => {
  const server = await serve(
    (asked) => [answerTo(asked, inLowerCase(asked))],
    (asked) => [answerTo(asked, inLowerCase(asked))],
  )
  await expect(query({ ...server, name })).resolves.toMatchObject({ transport: 'tcp' })
})

test('asks once more when a datagram is lost, with another id', async () => {
  const server = await serve((asked, turn) => (turn === 1 ? [] : [answerTo(asked)]))
  let next = 0
  const result = await query({ ...server, name, timeoutMs: 200, random: (limit) => next++ % limit })
  expect(result.transport).toBe('udp')
  expect(server.asked).toHaveLength(2)
  expect(server.asked[0]?.id).not.toBe(server.asked[1]?.id)
})

test('asks again without EDNS where that is not understood', async () => {
  const server = await serve((asked) => [
    asked.edns === undefined
      ? answerTo(asked)
      : answerTo(asked, { rcode: 'FORMERR', edns: undefined, questions: [], answers: [] }),
  ])
  await expect(query({ ...server, name })).resolves.toMatchObject({ message: { rcode: 'NOERROR', edns: undefined } })
})

test('transport tcp starts there', async () => {
  const server = await serve(
    () => [],
    (asked) => [answerTo(asked)],
  )
  await expect(query({ ...server, name, transport: 'tcp' })).resolves.toMatchObject({ transport: 'tcp' })
})

describe('fails', () => {
  test('with UPSTREAM_TIMEOUT when two tries stay silent', async () => {
    const server = await serve(() => [])
    await expect(query({ ...server, name, timeoutMs: 40 })).rejects.toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
      message: `The DNS server 127.0.0.1:${server.port} did not answer within 40 ms.`,
    })
    expect(server.asked).toHaveLength(2)
  })

  test.each(['udp', 'tcp'] as const)('with UPSTREAM_UNREACHABLE when nothing listens on %s', async (transport) => {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    await expect(query({ host: '127.0.0.1', port, name, transport })).rejects.toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
    })
  })

  test.each(['udp', 'tcp'] as const)(
    'with UPSTREAM_UNREACHABLE when the server cannot be looked up for %s',
    async (transport) => {
      // The empty label makes every resolver refuse it, without asking anybody.
      await expect(query({ host: 'no..name', name, transport })).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' })
    },
  )

  test('with UPSTREAM_RESET when the server hangs up', async () => {
    const server = await serve(() => [])
    await expect(query({ ...server, name, transport: 'tcp' })).rejects.toMatchObject({ code: 'UPSTREAM_RESET' })
  })

  test('with DNS_NAME_INVALID before anything is sent', async () => {
    await expect(query({ host: '127.0.0.1', port: 1, name: 'a..b' })).rejects.toMatchObject({
      code: 'DNS_NAME_INVALID',
    })
  })

  test('with the reason of the signal', async () => {
    const abort = new AbortController()
    const server = await serve(() => {
      abort.abort(new Error('enough'))
      return []
    })
    await expect(query({ ...server, name, signal: abort.signal })).rejects.toThrow('enough')
    await expect(query({ ...server, name, signal: abort.signal })).rejects.toThrow('enough')
  })
})
