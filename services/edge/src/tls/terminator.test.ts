import { once } from 'node:events'
import { connect as connectPlain, createServer, type AddressInfo } from 'node:net'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readFileSync } from 'node:fs'
import { clientHello, inRecordsOf } from '../testing/client-hello.ts'
import { certificateFile, keyFile } from '../testing/test-edge.ts'
import { loadAuthorities, loadCertificate, type Certificate } from './certificate.ts'
import { clientIdentityOf } from './client-identity.ts'
import { TlsTerminator, type TerminatorOptions } from './terminator.ts'
import { newTicketKeys } from './ticket-keys.ts'

const fixture = (name: string): string => `${import.meta.dirname}/../testing/certificates/${name}`
const certificateOf = (name: string): Certificate =>
  loadCertificate({ certificateFile: fixture(`${name}.pem`), keyFile: fixture(`${name}.key`) })

const first = loadCertificate({ certificateFile, keyFile })
const renewed = certificateOf('renewed')
const shop = certificateOf('shop')
const client = { cert: readFileSync(fixture('client.pem')), key: readFileSync(fixture('client.key')) }
const stranger = { cert: readFileSync(fixture('stranger.pem')), key: readFileSync(fixture('stranger.key')) }
const clientAuthorities = loadAuthorities('x', fixture('client-ca.pem'))

interface Running {
  readonly terminator: TlsTerminator
  readonly port: number
  /** In order of arrival. */
  readonly secured: TLSSocket[]
  readonly failures: Error[]
}

const start = async (options: Partial<TerminatorOptions> = {}): Promise<Running> => {
  const secured: TLSSocket[] = []
  const failures: Error[] = []
  const terminator = new TlsTerminator({
    presented: { certificates: [first] },
    ticketKeys: newTicketKeys(),
    strictSni: false,
    clientCertificates: 'off',
    handshakeTimeoutMs: 10_000,
    onSecure: (socket) => {
      socket.on('error', () => undefined)
      secured.push(socket)
      socket.write('hello')
    },
    onFailed: (error) => void failures.push(error),
    ...options,
  })
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    terminator.accept(socket)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    for (const socket of secured) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
  return { terminator, port: (server.address() as AddressInfo).port, secured, failures }
}

/** A client that has heard the server: in TLS 1.3 it learns only then whether it was turned away. */
const open = async ({ port }: Running, options: ConnectionOptions = {}): Promise<TLSSocket> => {
  const socket = connect({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    servername: 'www.roundtrip.test',
    ...options,
  })
  onTestFinished(() => void socket.destroy())
  const outcome = Promise.withResolvers<TLSSocket>()
  socket.once('data', () => outcome.resolve(socket))
  socket.once('error', outcome.reject)
  socket.once('close', () => outcome.reject(Object.assign(new Error('closed'), { code: 'CLOSED' })))
  return outcome.promise
}

const refusal = async (running: Running, options: ConnectionOptions): Promise<unknown> =>
  open(running, options).then(
    () => 'let in',
    (error: NodeJS.ErrnoException) => error.code,
  )

const presentedTo = async (running: Running, options: ConnectionOptions = {}): Promise<string> =>
  (await open(running, options)).getPeerX509Certificate()?.fingerprint256 ?? 'none'

describe('server names', () => {
  it('choose among certificates, wildcards included; the first answers where none fits', async () => {
    const running = await start({ presented: { certificates: [first, shop] } })
    expect(await presentedTo(running)).toBe(first.fingerprint)
    expect(await presentedTo(running, { servername: 'shop.test' })).toBe(shop.fingerprint)
    expect(await presentedTo(running, { servername: 'WWW.shop.test' })).toBe(shop.fingerprint)
    expect(await presentedTo(running, { servername: 'a.b.shop.test' })).toBe(first.fingerprint)
    expect(await presentedTo(running, { servername: '' })).toBe(first.fingerprint)
  })

  it('that no certificate has are turned away when that is wanted, as is none', async () => {
    const running = await start({ presented: { certificates: [first, shop] }, strictSni: true })
    expect(await presentedTo(running, { servername: 'www.shop.test' })).toBe(shop.fingerprint)
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      expect(await refusal(running, { servername: 'other.test', maxVersion })).toMatch(/_UNRECOGNIZED_NAME$/)
      expect(await refusal(running, { servername: '', maxVersion })).toMatch(/_MISSING_EXTENSION$/)
    }
    expect(running.secured).toHaveLength(1)
    expect(running.failures).toHaveLength(4)
  })

  it('are found in whatever pieces they come, and the alert is all that is answered', async () => {
    const running = await start({ presented: { certificates: [first, shop] }, strictSni: true })
    const answerTo = async (servername: string): Promise<Buffer> => {
      const socket = connectPlain({ port: running.port, host: '127.0.0.1', noDelay: true })
      onTestFinished(() => void socket.destroy())
      socket.write(inRecordsOf(50, await clientHello({ servername })))
      return ((await once(socket, 'data')) as [Buffer])[0]
    }
    expect([...(await answerTo('other.test'))]).toEqual([21, 3, 3, 0, 2, 2, 112])
    expect([...(await answerTo(''))]).toEqual([21, 3, 3, 0, 2, 2, 109])
    expect((await answerTo('www.shop.test'))[0]).toBe(22)
  })

  it('are nothing to those who speak no TLS', async () => {
    const running = await start({ strictSni: true })
    const socket = connectPlain(running.port, '127.0.0.1').end('GET / HTTP/1.1\r\n\r\n')
    await once(socket.resume(), 'close')
    await expect.poll(() => running.failures).toHaveLength(1)
  })
})

describe('a handshake', () => {
  it('agrees on the group that is safe against quantum computers, and on the first suite', async () => {
    const socket = await open(await start())
    expect(socket.getCipher()).toMatchObject({ name: 'TLS_AES_128_GCM_SHA256' })
    const running = await start()
    for (const ecdhCurve of ['X25519MLKEM768', 'X25519', 'P-256']) await open(running, { ecdhCurve })
    expect(await refusal(running, { ecdhCurve: 'P-521' })).toMatch(/^ERR_SSL/)
  })

  it.each([
    ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['CBC', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' }],
    ['another protocol', { ALPNProtocols: ['spdy/3'] }],
  ] as const)('with %s is refused', async (_what, options) => {
    expect(
      await refusal(await start(), { ...options, ...('ALPNProtocols' in options && { ALPNProtocols: ['spdy/3'] }) }),
    ).toMatch(/^ERR_SSL|ECONNRESET/)
  })

  it('is not repeated at the wish of a client', async () => {
    const socket = await open(await start(), { maxVersion: 'TLSv1.2' })
    const outcome = Promise.withResolvers<unknown>()
    socket.on('error', outcome.resolve)
    socket.once('close', () => outcome.resolve('closed'))
    socket.renegotiate({}, (error) => outcome.resolve(error ?? 'renegotiated'))
    expect(await outcome.promise).not.toBe('renegotiated')
  })
})

const sessionOf = async (running: Running, options: ConnectionOptions = {}): Promise<Buffer> => {
  const socket = connect({
    port: running.port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    servername: 'www.roundtrip.test',
    ...options,
  })
  onTestFinished(() => void socket.destroy())
  const [session] = (await once(socket, 'session')) as [Buffer]
  return session
}
const isResumed = async (running: Running, session: Buffer, options: ConnectionOptions = {}): Promise<boolean> =>
  (await open(running, { session, ...options })).isSessionReused()

describe('tickets', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'of one process resume at another with the same keys: %s',
    async (maxVersion) => {
      const ticketKeys = newTicketKeys()
      const [one, two] = [await start({ ticketKeys }), await start({ ticketKeys })]
      const session = await sessionOf(one, { maxVersion })
      expect(await isResumed(two, session, { maxVersion })).toBe(true)
      expect(await isResumed(await start(), session, { maxVersion })).toBe(false)
    },
  )

  it('outlive a new certificate, and end with their keys', async () => {
    const running = await start()
    const session = await sessionOf(running)
    running.terminator.present({ certificates: [renewed] })
    expect(await isResumed(running, session)).toBe(true)
    running.terminator.useTicketKeys(newTicketKeys())
    expect(await isResumed(running, session)).toBe(false)
    // A new certificate after new keys brings the old ones not back.
    const later = await sessionOf(running)
    running.terminator.present({ certificates: [first] })
    expect(await isResumed(running, later)).toBe(true)
    expect(await isResumed(running, session)).toBe(false)
  })
})

describe('certificates of clients', () => {
  const asks = { presented: { certificates: [first], clientAuthorities } } as const

  it('are verified, and say who the client is; also in a session that is resumed', async () => {
    const running = await start({ ...asks, clientCertificates: 'require' })
    const socket = connect({ port: running.port, host: '127.0.0.1', rejectUnauthorized: false, ...client })
    onTestFinished(() => void socket.destroy())
    const [session] = (await once(socket, 'session')) as [Buffer]
    const again = await open(running, { ...client, session, servername: '' })
    expect(again.isSessionReused()).toBe(true)
    for (const secured of running.secured) {
      expect(clientIdentityOf(secured)).toMatchObject({
        subject: 'O=Roundtrip,CN=client',
        spiffeId: 'spiffe://roundtrip.test/client',
        fingerprint: expect.stringMatching(/^[0-9A-F:]{95}$/),
      })
    }
    expect(running.secured).toHaveLength(2)
  })

  it('are asked for again when others vouch for clients, and only then', async () => {
    const presented = { certificates: [first], clientAuthorities } as const
    const running = await start({ presented, clientCertificates: 'require' })
    const session = await sessionOf(running, client)
    running.terminator.present(presented)
    expect(await isResumed(running, session, client)).toBe(true)
    running.terminator.present({ ...presented, clientAuthorities: `${clientAuthorities}${first.cert}` })
    expect(await isResumed(running, session, client)).toBe(false)
    running.terminator.useTicketKeys(newTicketKeys())
    expect(await isResumed(running, await sessionOf(running, client), client)).toBe(true)
  })

  it('are required when that is wanted', async () => {
    const running = await start({ ...asks, clientCertificates: 'require' })
    expect(await refusal(running, {})).not.toBe('let in')
    expect(await refusal(running, stranger)).not.toBe('let in')
    expect(running.secured).toHaveLength(0)
  })

  it('may be left out when they are only asked for; one that nobody vouches for says nothing', async () => {
    const running = await start({ ...asks, clientCertificates: 'request' })
    await open(running)
    await open(running, stranger)
    await open(running, client)
    expect(running.secured.map((socket) => clientIdentityOf(socket)?.spiffeId)).toEqual([
      undefined,
      undefined,
      'spiffe://roundtrip.test/client',
    ])
  })
})

describe('certificates', () => {
  it('are replaced for new handshakes while open connections go on', async () => {
    const running = await start({ presented: { certificates: [first, shop] } })
    const old = await open(running)
    running.terminator.present({ certificates: [renewed, shop] })
    expect(await presentedTo(running)).toBe(renewed.fingerprint)
    expect(await presentedTo(running, { servername: 'a.shop.test' })).toBe(shop.fingerprint)
    running.secured[0]?.write('still here')
    expect(String((await once(old, 'data'))[0])).toBe('still here')
  })

  it('that OpenSSL refuses leave everything as it was', async () => {
    const running = await start()
    expect(() => running.terminator.present({ certificates: [{ ...renewed, key: shop.key }] })).toThrow(
      'key values mismatch',
    )
    expect(await presentedTo(running)).toBe(first.fingerprint)
  })
})
