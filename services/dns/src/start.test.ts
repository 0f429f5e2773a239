import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadSettings } from '@roundtrip/config'
import {
  decodeMessage,
  emptyMessage,
  encodeMessage,
  frameMessage,
  FrameReader,
  parseName,
  query,
  type Message,
} from '@roundtrip/dns-wire'
import { createLogger, type Component } from '@roundtrip/service'
import * as fc from 'fast-check'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { dnsSettings } from './config.ts'
import { startDns } from './start.ts'

const folder = mkdtempSync(join(tmpdir(), 'roundtrip-dns-'))
const infraZone = fileURLToPath(new URL('../../../infra/dns/roundtrip.test.zone', import.meta.url))
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})
afterAll(() => rmSync(folder, { recursive: true }))

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)
const log = createLogger('dns', 'dns-test', 'silent')
const bigTexts = Array.from({ length: 8 }, (_, index) => `big TXT "${index}${'x'.repeat(250)}"`).join('\n')

const start = async (environment: Record<string, string> = {}): Promise<Component & { host: string; port: number }> => {
  const file = join(folder, 'big.zone')
  writeFileSync(file, `$ORIGIN big.test.\n@ 60 SOA ns host 1 1 1 1 1\n@ NS ns\nns A 127.0.0.1\n${bigTexts}\n`)
  const settings = loadSettings('DNS', dnsSettings, {
    DNS_PORT: '0',
    DNS_ZONE_FILES: `${infraZone},${file}`,
    ...environment,
  })
  const component = await startDns({ settings, log, instance: 'dns-test' })
  closing.push(() => component.close().catch(() => undefined))
  const { hostname, port } = new URL(component.listeners['tcp']?.replace('tcp:', 'http:') ?? '')
  return { ...component, host: hostname, port: Number(port) }
}

type Server = Awaited<ReturnType<typeof start>>

const addressesOf = async ({ host, port }: Server, transport: 'udp' | 'tcp' = 'udp'): Promise<string[]> => {
  const { message } = await query({ host, port, name: 'www.roundtrip.test', transport })
  return message.answers.map((record) => (record.type === 'A' ? record.address : record.type)).toSorted()
}

/** Below the ranges that systems take outgoing ports from, so that no connection of another test gets its TCP side. */
const holdUdpPort = async (): Promise<UdpSocket> => {
  for (;;) {
    const socket = createSocket('udp4')
    socket.bind(10_000 + Math.floor(Math.random() * 20_000), '127.0.0.1')
    try {
      await once(socket, 'listening')
      return socket
    } catch {
      socket.close() // Somebody has this one.
    }
  }
}

const bothEdges = ['127.0.0.1', '127.0.0.2']

const queryBytes = (id: number, name = 'www.roundtrip.test', type: 'A' | 'TXT' = 'A'): Uint8Array =>
  encodeMessage({ ...emptyMessage, id, questions: [{ name: parseName(name), type, class: 'IN' }] })

/** A TCP client that shows everything it does. */
const dial = async ({ host, port }: Server, allowHalfOpen = false) => {
  const socket: Socket = connect({ host, port, allowHalfOpen })
  closing.push(() => socket.destroy())
  const frames = new FrameReader()
  const messages: Message[] = []
  socket.on('error', () => socket.destroy())
  // Not by `once` of node:events, which an error before it would reject.
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()))
  await once(socket, 'connect')
  const received = async (count: number): Promise<Message[]> => {
    while (messages.length < count) {
      const [piece] = (await once(socket, 'data')) as [Buffer]
      messages.push(...frames.push(piece).map(decodeMessage))
    }
    return messages
  }
  return { socket, received, closed }
}

describe('the zone of the stack', () => {
  test.each([
    ['roundtrip.test', 'A', bothEdges],
    ['www.roundtrip.test', 'A', bothEdges],
    ['edge-1.roundtrip.test', 'A', ['127.0.0.1']],
    ['edge-2.roundtrip.test', 'A', ['127.0.0.2']],
    ['shop.roundtrip.test', 'A', ['www.roundtrip.test.', ...bothEdges]],
    ['ipv6.roundtrip.test', 'AAAA', ['::1']],
    ['roundtrip.test', 'NS', ['ns1.roundtrip.test.']],
    ['roundtrip.test', 'MX', ['mail.roundtrip.test.']],
    ['roundtrip.test', 'TXT', ['v=spf1 mx -all']],
  ] as const)('%s %s', async (name, type, expected) => {
    const { host, port } = await start()
    const { message } = await query({ host, port, name, type })
    const values = message.answers.map((record) => {
      if (record.type === 'MX') return record.exchange
      if (record.type === 'TXT') return record.strings.join('')
      return 'address' in record ? record.address : 'target' in record ? record.target : record.type
    })
    expect(new Set(values)).toEqual(new Set(expected))
    expect(message.authoritative).toBe(true)
  })

  test('forgets an edge within 30 seconds', async () => {
    const { host, port } = await start()
    const { message } = await query({ host, port, name: 'www.roundtrip.test' })
    expect(message.answers.map(({ ttlSeconds }) => ttlSeconds)).toEqual([30, 30])
  })
})

describe('as a component', () => {
  test('has UDP and TCP on the same free port, and is ready', async () => {
    const server = await start()
    expect(server.listeners).toEqual({ udp: `udp://127.0.0.1:${server.port}`, tcp: `tcp://127.0.0.1:${server.port}` })
    expect(await server.health()).toEqual({ ready: true, checks: { udp: 'ok', tcp: 'ok', zones: '2' } })
    expect(await addressesOf(server, 'udp')).toEqual(bothEdges)
    expect(await addressesOf(server, 'tcp')).toEqual(bothEdges)
  })

  test.skipIf(!hasIpv6)('listens on IPv6', async () => {
    const server = await start({ DNS_HOST: '::1' })
    expect(server.listeners['udp']).toBe(`udp://[::1]:${server.port}`)
    await expect(query({ host: '::1', port: server.port, name: 'www.roundtrip.test' })).resolves.toMatchObject({
      server: `[::1]:${server.port}`,
    })
  })

  test('fails to start when TCP has the port in use', async () => {
    const first = await start()
    await expect(start({ DNS_PORT: String(first.port) })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      port: first.port,
    })
  })

  test('fails to start when UDP has the port in use, and lets go of TCP', async () => {
    const socket = await holdUdpPort()
    const { port } = socket.address()
    await expect(start({ DNS_PORT: String(port) })).rejects.toMatchObject({ code: 'EADDRINUSE', port })
    socket.close()
    await once(socket, 'close')
    expect(await addressesOf(await start({ DNS_PORT: String(port) }))).toEqual(bothEdges)
  })

  test('does not start with a broken or missing zone file, and says where', async () => {
    const file = join(folder, 'broken.zone')
    writeFileSync(file, '$ORIGIN broken.test.\n@ 60 SOA ns host 1 1 1 1 1\n@ NS ns\nns A 127.0.0\n')
    await expect(start({ DNS_ZONE_FILES: file })).rejects.toMatchObject({
      code: 'ZONE_INVALID',
      message: `${file}:4: "127.0.0" is not valid: expected an IPv4 address`,
    })
    await expect(start({ DNS_ZONE_FILES: join(folder, 'none') })).rejects.toThrow(/zone file .*none cannot be read/)
  })

  test('drains: takes no new connections, answers what has arrived, ends idle ones', async () => {
    const server = await start()
    const idle = await dial(server)
    const asking = await dial(server)
    asking.socket.write(frameMessage(queryBytes(1)))
    expect(await asking.received(1)).toHaveLength(1)
    await server.drain()
    await Promise.all([idle.closed, asking.closed])
    await expect(addressesOf(server, 'tcp')).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' })
    await server.close()
  })
})

describe('over TCP', () => {
  test('answers pipelined queries, however the stream is cut (RFC 7766)', async () => {
    const client = await dial(await start())
    const stream = Buffer.concat(Array.from({ length: 100 }, (_, id) => frameMessage(queryBytes(id))))
    for (let at = 0; at < stream.length; at += 7) client.socket.write(stream.subarray(at, at + 7))
    const ids = (await client.received(100)).map(({ id }) => id)
    expect(ids.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 100 }, (_, id) => id))
  })

  test('a truncated answer is whole there', async () => {
    const { host, port } = await start()
    const { message, transport } = await query({ host, port, name: 'big.big.test', type: 'TXT' })
    expect(transport).toBe('tcp')
    expect(message.answers).toHaveLength(8)
  })

  test('a client that has said its last still gets its answers, then the connection ends', async () => {
    const client = await dial(await start(), true)
    client.socket.end(frameMessage(queryBytes(7)))
    expect(await client.received(1)).toMatchObject([{ id: 7 }])
    await once(client.socket, 'end')
  })

  test('a query over the size limit ends the connection, as soon as it is announced', async () => {
    const server = await start()
    const client = await dial(server)
    client.socket.write(Uint8Array.of(0xff, 0xff))
    await client.closed
    expect(await addressesOf(server, 'tcp')).toEqual(bothEdges)
  })

  test('a client that never completes a query is cut off, and others are answered meanwhile', async () => {
    const server = await start({ DNS_TCP_IDLE_TIMEOUT_MS: '50' })
    const silent = await dial(server)
    const slow = await dial(server)
    const trickle = setInterval(() => slow.socket.write(Uint8Array.of(0)), 5)
    slow.socket.write(Uint8Array.of(0x0f, 0xff))
    expect(await addressesOf(server, 'tcp')).toEqual(bothEdges)
    await Promise.all([silent.closed, slow.closed])
    clearInterval(trickle)
  })

  test('silent connections do not shut others out: the one idle for longest makes room', async () => {
    const server = await start({ DNS_TCP_MAX_CONNECTIONS: '3' })
    const first = await dial(server)
    const second = await dial(server)
    const third = await dial(server)
    first.socket.write(frameMessage(queryBytes(1)))
    await first.received(1)
    expect(await addressesOf(server, 'tcp')).toEqual(bothEdges)
    await second.closed
    first.socket.write(frameMessage(queryBytes(2)))
    third.socket.write(frameMessage(queryBytes(3)))
    expect(await first.received(2)).toMatchObject([{ id: 1 }, { id: 2 }])
    expect(await third.received(1)).toMatchObject([{ id: 3 }])
  })

  test('a client that reads late gets everything, and delays nobody', async () => {
    const server = await start()
    const client = await dial(server)
    client.socket.pause()
    const count = 4000
    const frame = frameMessage(queryBytes(9, 'big.big.test', 'TXT'))
    client.socket.write(Buffer.concat(Array.from({ length: count }, () => frame)))
    expect(await addressesOf(server, 'tcp')).toEqual(bothEdges)
    client.socket.resume()
    expect(await client.received(count)).toHaveLength(count)
  })
})

describe('garbage', () => {
  const valid = Buffer.from(queryBytes(1))
  const mutated = fc
    .array(fc.record({ at: fc.nat(valid.length - 1), octet: fc.nat(255) }), { minLength: 1, maxLength: 4 })
    .map((changes) => {
      const bytes = Buffer.from(valid)
      for (const { at, octet } of changes) bytes[at] = octet
      return bytes
    })
  const random = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes))
  const samples = fc.sample(fc.oneof(mutated, random), { seed: 53, numRuns: 5000 })

  test('thousands of datagrams leave the server answering', async () => {
    const server = await start()
    const socket = createSocket('udp4')
    closing.push(() => socket.close())
    const responses: Message[] = []
    socket.on('message', (bytes) => responses.push(decodeMessage(bytes)))
    socket.connect(server.port, server.host)
    await once(socket, 'connect')
    for (const [index, bytes] of samples.entries()) {
      const { promise, resolve } = Promise.withResolvers<unknown>()
      socket.send(bytes, resolve)
      await promise
      // Now and then a good query, so that the server keeps up and nothing is lost in a full buffer.
      if (index % 50 === 0) await addressesOf(server)
    }
    expect(await addressesOf(server)).toEqual(bothEdges)
    expect(responses.length).toBeGreaterThan(1000)
    expect(responses.every(({ isResponse }) => isResponse)).toBe(true)
    expect(new Set(responses.map(({ rcode }) => rcode))).toEqual(
      new Set(['NOERROR', 'FORMERR', 'NXDOMAIN', 'NOTIMP', 'REFUSED']),
    )
  })

  test('on TCP connections, framed or not, it leaves the server answering', async () => {
    const server = await start()
    for (let at = 0; at < 1000; at += 50) {
      const client = await dial(server)
      const some = samples.slice(at, at + 50)
      const stream = at % 100 === 0 ? Buffer.concat(some.map(frameMessage)) : Buffer.concat(some)
      client.socket.end(stream)
      client.socket.resume()
      await client.closed
    }
    expect(await addressesOf(server, 'tcp')).toEqual(bothEdges)
  })
})
