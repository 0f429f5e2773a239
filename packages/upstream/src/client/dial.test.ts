import { once } from 'node:events'
import { createSecureServer } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, LookupFunction } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type TlsOptions as ServerOptions } from 'node:tls'
import { createAuthority, issueLeaf, type Authority } from '@roundtrip/pki'
import { describe, expect, it, onTestFinished } from 'vitest'
import { contentOf, Peer, startScriptedOrigin, testClient, testRequest, testTransport } from './testing.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

let authority: Promise<Authority> | undefined

const credentials = async (names: string[], usage: 'server' | 'client' = 'server') => {
  const { certificate } = await (authority ??= createAuthority())
  const { chainPem, keyPem } = await issueLeaf(await authority, { names, usage })
  return { ca: certificate.toString('pem'), cert: chainPem, key: keyPem }
}

/** Answers each request over TLS. @returns its port and the connections as it saw them */
const startTlsOrigin = async (options: ServerOptions) => {
  const sockets: TLSSocket[] = []
  const reused: boolean[] = []
  const server = createTlsServer(options, (socket) => {
    sockets.push(socket)
    reused.push(socket.isSessionReused())
    const peer = new Peer(socket)
    onTestFinished(() => void socket.destroy())
    void peer.read().then(() => peer.send(ok))
  })
  server.on('tlsClientError', () => undefined)
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, sockets, reused }
}

/** Names are resolved to this machine. */
const lookup: LookupFunction = (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }])

describe('TLS to a next hop', () => {
  it('is verified against its authority and name, sends SNI, and is resumed', async () => {
    const { ca, cert, key } = await credentials(['hop.test'])
    const { port, sockets, reused } = await startTlsOrigin({ cert, key })
    const transport = testTransport(`https://hop.test:${port}`, { tls: { ca }, lookup })
    for (let i = 0; i < 2; i++) {
      expect(await contentOf(await transport.send(testRequest(), testClient()))).toBe('ok')
      sockets[i]?.end()
      while (transport.stats.open > 0) await new Promise(setImmediate)
    }
    expect(sockets.map((socket) => socket.servername)).toEqual(['hop.test', 'hop.test'])
    expect(reused).toEqual([false, true])
  })

  it.each([
    ['of an unknown authority', 'hop.test', false, 'CERTIFICATE_NOT_TRUSTED'],
    ['for another name', 'other.test', true, 'CERTIFICATE_NAME_MISMATCH'],
  ])('is refused with a certificate %s', async (_what, host, isTrusted, code) => {
    const { ca, cert, key } = await credentials(['hop.test'])
    const { port } = await startTlsOrigin({ cert, key })
    const transport = testTransport(`https://${host}:${port}`, { tls: isTrusted ? { ca } : {}, lookup })
    await expect(transport.send(testRequest(), testClient())).rejects.toMatchObject({ code, details: { sent: false } })
  })

  it('that is not TLS at all fails', async () => {
    const { origin } = await startScriptedOrigin((peer) => peer.send('220 smtp ready\r\n'))
    const transport = testTransport(origin.replace('http:', 'https:'))
    await expect(transport.send(testRequest(), testClient())).rejects.toMatchObject({
      code: 'TLS_FAILED',
      details: { sent: false },
    })
  })

  it('shows our certificate where one is asked for', async () => {
    const { ca, cert, key } = await credentials(['hop.test'])
    const ours = await credentials(['edge.test'], 'client')
    const { port, sockets } = await startTlsOrigin({ cert, key, ca, requestCert: true, rejectUnauthorized: true })
    const tls = { ca, certificate: ours.cert, key: ours.key, serverName: 'hop.test' }
    const transport = testTransport(`https://127.0.0.1:${port}`, { tls })
    expect(await contentOf(await transport.send(testRequest(), testClient()))).toBe('ok')
    expect(sockets[0]?.getPeerCertificate().subjectaltname).toContain('edge.test')
  })
})

describe('the PROXY protocol', () => {
  it('tells of each client on a connection of its own', async () => {
    const { origin, accept, connections } = await startScriptedOrigin()
    const transport = testTransport(origin, { proxyProtocol: 'v1' })
    for (const address of ['192.0.2.1', '192.0.2.2']) {
      const response = transport.send(testRequest(), testClient(address))
      const peer = await accept()
      const { port } = new URL(origin)
      expect(await peer.read('\r\n')).toBe(`PROXY TCP4 ${address} 127.0.0.1 4711 ${port}\r\n`)
      expect(await peer.read()).toContain('connection: close\r\n')
      peer.send(ok)
      expect(await contentOf(await response)).toBe('ok')
      await peer.closed
    }
    expect(connections()).toBe(2)
  })

  it('stands before TLS', async () => {
    const { ca, cert, key } = await credentials(['hop.test'])
    const { port } = await startTlsOrigin({ cert, key })
    const header = Promise.withResolvers<string>()
    // Takes the header off and passes the rest on, as an origin does that knows the protocol.
    const { origin } = await startScriptedOrigin(({ socket }) => {
      socket.removeAllListeners('data')
      socket.once('readable', () => {
        const first = socket.read() as Buffer
        const end = first.indexOf('\r\n') + 2
        header.resolve(first.subarray(0, end).toString())
        void import('node:net').then(({ connect }) => {
          const inner = connect(port, '127.0.0.1')
          inner.on('error', () => undefined)
          inner.write(first.subarray(end))
          socket.pipe(inner).pipe(socket)
        })
      })
    })
    const tls = { ca, serverName: 'hop.test' }
    const transport = testTransport(origin.replace('http:', 'https:'), { tls, proxyProtocol: 'v1' })
    expect(await contentOf(await transport.send(testRequest(), testClient()))).toBe('ok')
    expect(await header.promise).toMatch(/^PROXY TCP4 192\.0\.2\.1 127\.0\.0\.1 4711 \d+\r\n$/)
  })

  it('does not go with connections that clients share', () => {
    expect(() => testTransport('http://127.0.0.1:1', { proxyProtocol: 'v2', protocol: 'http2' })).toThrow(TypeError)
  })
})

const sayVersion = (request: { httpVersion: string }, response: { end: (content: string) => unknown }): unknown =>
  response.end(request.httpVersion)

describe('the protocol agreed on by ALPN', () => {
  it.each([
    [true, '2.0'],
    [false, '1.1'],
  ])('with a next hop that knows HTTP/2: %s is %s', async (knowsHttp2, version) => {
    const { ca, cert, key } = await credentials(['hop.test'])
    const server = knowsHttp2 ? createSecureServer({ cert, key }) : createHttpsServer({ cert, key })
    server.on('request', sayVersion)
    onTestFinished(() => void server.close())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const transport = testTransport(`https://hop.test:${port}`, { tls: { ca }, lookup, protocol: 'auto' })
    const sent = [1, 2, 3].map(() => transport.send(testRequest(), testClient()))
    expect(transport.stats).toMatchObject({ waiting: 3, inFlight: 3 })
    const answers = await Promise.all(sent)
    expect(await Promise.all(answers.map(contentOf))).toEqual([version, version, version])
    expect(transport.stats.inFlight).toBe(0)
    await transport.drain()
  })

  it('is asked for again when the next hop was not there', async () => {
    const transport = testTransport('https://127.0.0.1:1', { protocol: 'auto' })
    for (let i = 0; i < 2; i++) {
      const ends: unknown[] = []
      const sent = transport.send(testRequest(), { ...testClient(), onEnd: (error) => ends.push(error) })
      await expect(sent).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE', details: { sent: false } })
      expect(ends).toHaveLength(1)
    }
  })
})
