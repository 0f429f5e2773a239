import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { clientHello } from '../testing/client-hello.ts'
import { stubProtocols } from '../testing/stub-protocols.ts'
import { ca, certificateFile, host, keyFile, recordingLog } from '../testing/test-edge.ts'
import { loadCertificate } from '../tls/certificate.ts'
import { newTicketKeys } from '../tls/ticket-keys.ts'
import { defaultListenerSettings, type ListenerSettings } from './listener-settings.ts'
import { listen, type Listener } from './listener.ts'

interface TestListener {
  readonly listener: Listener
  readonly at: { now: number }
  readonly sweep: () => void
}

const start = async (
  settings: Partial<ListenerSettings> = {},
  secure = false,
  strictSni = false,
): Promise<TestListener> => {
  const at = { now: 0 }
  const sweeps: (() => void)[] = []
  const listener = await listen({
    source: { host: '127.0.0.1', port: 0 },
    settings: { ...defaultListenerSettings, ...settings },
    ...(secure && {
      tls: {
        presented: { certificates: [loadCertificate({ certificateFile, keyFile })] },
        ticketKeys: newTicketKeys(),
        strictSni,
        clientCertificates: 'off',
      },
    }),
    protocolsFor: () => stubProtocols,
    log: recordingLog().log,
    drainGraceMs: 50,
    clock: () => at.now,
    schedule: (work) => {
      sweeps.push(work)
      return () => undefined
    },
  })
  onTestFinished(() => listener.close())
  return { listener, at, sweep: () => sweeps[0]?.() }
}

const open = async ({ listener }: TestListener): Promise<Socket> => {
  const socket = connect({ port: listener.port, host: '127.0.0.1', noDelay: true })
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

const secure = async ({ listener }: TestListener, options: ConnectionOptions = {}): Promise<TLSSocket> => {
  const socket = connectTls({
    port: listener.port,
    host: '127.0.0.1',
    ca,
    servername: host,
    ALPNProtocols: ['h2', 'http/1.1'],
    ...options,
  })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

/** Reset at once, perhaps before the client has seen that it was connected. */
const isRefused = async ({ listener }: TestListener): Promise<void> => {
  const socket = connect(listener.port, '127.0.0.1')
  socket.on('error', () => undefined)
  await isClosed(socket)
  expect(socket.bytesRead).toBe(0)
}

/** What the listener answers. */
const say = async (socket: Socket, octets: string | Buffer): Promise<Record<string, unknown>> => {
  socket.write(octets)
  const [reply] = (await once(socket, 'data')) as [Buffer]
  return JSON.parse(reply.toString()) as Record<string, unknown>
}

const isClosed = async (socket: Socket): Promise<boolean> => {
  socket.resume()
  // Not `once` of node:events: a reset is an error, and as good an end as any.
  if (!socket.closed) await new Promise((resolve) => void socket.once('close', resolve))
  return true
}

describe('a listener', () => {
  it('speaks HTTP/1.1 in plain text, HTTP/2 or HTTP/1.1 over TLS', async () => {
    const plain = await say(await open(await start()), 'hello')
    expect(plain).toMatchObject({ protocol: 'http/1.1', said: 'hello', address: '127.0.0.1' })
    expect(plain).not.toHaveProperty('tls')
    const overTls = await start({}, true)
    expect(await say(await secure(overTls), 'hello')).toMatchObject({
      protocol: 'h2',
      address: '127.0.0.1',
      tls: { protocol: 'TLSv1.3', resumed: false, serverName: host },
    })
    const http1 = await secure(overTls, { ALPNProtocols: ['http/1.1'] })
    expect(await say(http1, 'hello')).toMatchObject({ protocol: 'http/1.1', port: http1.localPort })
    expect(overTls.listener.figures()).toMatchObject({ accepted: 2, handshakesFull: 2, open: 2, early: 0, clients: 1 })
  })

  it('waits for the name that a client asks for no longer than for a handshake, nor for one that it has turned away', async () => {
    const edge = await start({}, true, true)
    const silent = await open(edge)
    const turnedAway = await open(edge)
    // It does not go.
    turnedAway.allowHalfOpen = true
    turnedAway.write(await clientHello({ servername: 'other.test' }))
    await once(turnedAway, 'data')
    expect(edge.listener.figures()).toMatchObject({ early: 2, handshakesFailed: 1 })
    edge.at.now = defaultListenerSettings.handshakeTimeoutMs + 1
    edge.sweep()
    expect(await isClosed(silent)).toBe(true)
    await expect.poll(() => edge.listener.figures()).toMatchObject({ early: 0, handshakesTimedOut: 2 })
    expect(await say(await secure(edge), 'hello')).toMatchObject({ tls: { serverName: host } })
  })

  it('forgets a client that has gone, over TLS too, whoever ended the connection', async () => {
    for (const isSecure of [false, true]) {
      const edge = await start({}, isSecure)
      const connections = [await (isSecure ? secure(edge) : open(edge)), await (isSecure ? secure(edge) : open(edge))]
      for (const socket of connections) await say(socket, 'hello')
      expect(edge.listener.figures()).toMatchObject({ open: 2, early: 0, clients: 1 })
      connections[0]?.end()
      connections[1]?.destroy()
      await expect.poll(() => edge.listener.figures()).toMatchObject({ open: 0, early: 0, clients: 0 })
    }
  })

  it('gives the socket up while connections go on, when it is told to stop', async () => {
    const edge = await start()
    const stop = await edge.listener.accept({ host: '127.0.0.1', port: 0 })
    stop()
    expect(await say(await open(edge), 'still there')).toMatchObject({ said: 'still there' })
  })
})

describe('limits', () => {
  it('refuses a client with too many connections, and nobody else', async () => {
    const trusted = { proxyProtocol: { trusted: ['127.0.0.0/8'] }, maxConnectionsPerClient: 2 }
    const edge = await start(trusted)
    const from = async (address: string): Promise<Socket> => {
      const socket = await open(edge)
      socket.write(`PROXY TCP6 ${address} 2001:db8::1 1000 443\r\n`)
      return socket
    }
    const greedy = [await from('2001:db8:1:2::3'), await from('2001:db8:1:2:ffff::4')]
    for (const socket of greedy) await say(socket, 'hello')
    expect(await isClosed(await from('2001:db8:1:2::5'))).toBe(true)
    expect(await say(await from('2001:db8:1:3::5'), 'hello')).toMatchObject({ address: '2001:db8:1:3::5' })
    expect(edge.listener.figures()).toMatchObject({ tooManyOfClient: 1, open: 3, clients: 2 })
    greedy[0]?.destroy()
    await expect.poll(() => edge.listener.figures().open).toBe(2)
    expect(await say(await from('2001:db8:1:2::5'), 'hello')).toMatchObject({ address: '2001:db8:1:2::5' })
  })

  it('closes the longest idle connection when there are too many, and refuses when all are busy', async () => {
    const edge = await start({ maxConnections: 2 })
    const busy = await open(edge)
    busy.write('hold')
    await expect.poll(() => [...edge.listener.connections].map(({ inFlight }) => inFlight)).toEqual([1])
    const idle = await open(edge)
    await say(idle, 'hello')
    const third = await open(edge)
    expect(await isClosed(idle)).toBe(true)
    third.write('hold')
    await expect.poll(() => [...edge.listener.connections].map(({ inFlight }) => inFlight)).toEqual([1, 1])
    await isRefused(edge)
    expect(busy.closed).toBe(false)
    expect(edge.listener.figures()).toMatchObject({ idleClosed: 1, tooMany: 1 })
  })

  it('finds the one idle connection among many busy ones, though one client has had them from the start', async () => {
    const edge = await start({ maxConnections: 82 })
    const busy = await Promise.all(Array.from({ length: 80 }, () => open(edge)))
    for (const socket of busy) socket.write('hold')
    const inFlight = (): number => [...edge.listener.connections].filter((one) => one.inFlight > 0).length
    await expect.poll(inFlight).toBe(80)
    const [longest, shortest] = [await open(edge), await open(edge)]
    await say(shortest, 'hello')
    await say(longest, 'hello')
    await say(shortest, 'hello')
    expect(await say(await open(edge), 'I am in')).toMatchObject({ said: 'I am in' })
    expect(await isClosed(longest)).toBe(true)
    expect([shortest, ...busy].filter(({ closed }) => closed)).toEqual([])
    expect(edge.listener.figures()).toMatchObject({ idleClosed: 1, tooMany: 0 })
  })

  it('gives a handshake only so much time', async () => {
    const edge = await start({ handshakeTimeoutMs: 10_000 }, true)
    const silent = await open(edge)
    await expect.poll(() => edge.listener.figures().early).toBe(1)
    const good = await secure(edge)
    await say(good, 'hello')
    edge.at.now = 10_000
    edge.sweep()
    expect(silent.closed).toBe(false)
    edge.at.now = 10_001
    edge.sweep()
    expect(await isClosed(silent)).toBe(true)
    expect(await say(good, 'unharmed')).toMatchObject({ said: 'unharmed' })
    expect(edge.listener.figures()).toMatchObject({ handshakesTimedOut: 1, early: 0 })
  })

  it('drops the oldest handshake when there are too many, so that a flood of silent ones keeps nobody out', async () => {
    const edge = await start({ maxHandshakes: 8 }, true)
    const flood = []
    for (let i = 0; i < 40; i++) flood.push(await open(edge))
    await expect.poll(() => edge.listener.figures().accepted).toBe(40)
    expect(await say(await secure(edge), 'here')).toMatchObject({ said: 'here' })
    expect(edge.listener.figures()).toMatchObject({ handshakesDropped: 33, early: 7, open: 1 })
    expect(await isClosed(flood[0] as Socket)).toBe(true)
  })

  it('outlives clients that speak no TLS, or leave in the middle of it', async () => {
    const edge = await start({}, true)
    const talker = await open(edge)
    talker.write('GET / HTTP/1.1\r\n\r\n')
    expect(await isClosed(talker)).toBe(true)
    const leaver = await open(edge)
    leaver.resetAndDestroy()
    const halfway = await open(edge)
    halfway.end(Buffer.from([0x16, 3, 1]))
    expect(await isClosed(halfway)).toBe(true)
    expect(await say(await secure(edge), 'here')).toMatchObject({ said: 'here' })
    await expect.poll(() => edge.listener.figures().early).toBe(0)
  })
})

describe('the PROXY protocol', () => {
  const behindProxy = { proxyProtocol: { trusted: ['127.0.0.1'] } }

  it('names the client, in front of plain text and of TLS', async () => {
    const plain = await start(behindProxy)
    const header = 'PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n'
    expect(await say(await open(plain), `${header}hello`)).toMatchObject({
      address: '192.0.2.7',
      port: 4711,
      said: 'hello',
    })
    const overTls = await start(behindProxy, true)
    const raw = await open(overTls)
    raw.write(header)
    const socket = connectTls({ socket: raw, ca, servername: host })
    await once(socket, 'secureConnect')
    expect(await say(socket, 'hello')).toMatchObject({ address: '192.0.2.7', tls: { serverName: host } })
  })

  it('may arrive octet by octet, and together with what follows', async () => {
    const socket = await open(await start(behindProxy))
    const text = 'PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n'
    for (const octet of text) await new Promise((resolve) => void socket.write(octet, resolve))
    expect(await say(socket, 'hello')).toMatchObject({ address: '192.0.2.7', said: 'hello' })
  })

  it('is required of whom it is expected, and refused when malformed', async () => {
    const edge = await start(behindProxy)
    for (const octets of ['GET / HTTP/1.1\r\n\r\n', 'PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n', `PROXY ${'x'.repeat(200)}`]) {
      const socket = await open(edge)
      socket.write(octets)
      expect(await isClosed(socket)).toBe(true)
    }
    const silent = await open(edge)
    await expect.poll(() => edge.listener.figures().early).toBe(1)
    edge.at.now = 60_000
    edge.sweep()
    expect(await isClosed(silent)).toBe(true)
    expect(edge.listener.figures()).toMatchObject({ badProxyHeader: 3, open: 0 })
  })

  it('is not believed from anybody else', async () => {
    const edge = await start({ proxyProtocol: { trusted: ['10.0.0.0/8'] } })
    const header = 'PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n'
    expect(await say(await open(edge), header)).toMatchObject({ address: '127.0.0.1', said: header })
  })
})

describe('draining', () => {
  it('lets a handshake under way become a connection, answers it, and takes no new one', async () => {
    const edge = await start({}, true)
    const kept = await secure(edge)
    await say(kept, 'hello')
    const raw = await open(edge)
    await expect.poll(() => edge.listener.figures().early).toBe(1)
    const drained = edge.listener.drain()
    const late = connectTls({ socket: raw, ca, servername: host })
    await once(late, 'secureConnect')
    expect(await say(late, 'made it')).toMatchObject({ said: 'made it' })
    expect(await isClosed(kept)).toBe(true)
    edge.at.now = 1000
    expect(await isClosed(late)).toBe(true)
    await drained
    await expect(open(edge)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('waits for nobody who never begins', async () => {
    const edge = await start({}, true)
    const silent = await open(edge)
    await expect.poll(() => edge.listener.figures().early).toBe(1)
    edge.at.now = 0
    const drained = edge.listener.drain()
    edge.at.now = 1000
    await drained
    expect(await isClosed(silent)).toBe(true)
  })
})
