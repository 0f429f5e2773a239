import { createSecureContext } from 'node:tls'
import { issueLeaf } from '@roundtrip/pki'
import { describe, expect, it } from 'vitest'
import type { ClientOptions } from './client.ts'
import { expectContiguous, phasesOf, trace } from './testing/client.ts'
import { host, testAuthority } from './testing/pki.ts'
import { answer, closedPort, startHttp, startHttps, startTcp, startTls } from './testing/servers.ts'

const failureOf = async (url: string, overrides: Partial<ClientOptions> = {}) => {
  const seen = await trace(url, overrides)
  expectContiguous(seen)
  expect(phasesOf(seen).at(-1)).toBe(seen.failure?.phase ?? 'transfer')
  return seen.failure
}

const otherName = async () => ({ addresses: ['127.0.0.1'], source: 'system' as const, aliases: [] })

describe('failures', () => {
  it('a name that does not exist', async () => {
    expect(await failureOf('https://nope.test/')).toMatchObject({ code: 'NAME_NOT_FOUND', phase: 'name' })
  })

  it('a name that is none', async () => {
    expect(await failureOf(`https://${'a'.repeat(64)}.test/`)).toMatchObject({
      code: 'DNS_NAME_INVALID',
      phase: 'name',
    })
  })

  it('a port where nothing listens', async () => {
    expect(await failureOf(`https://${host}:${await closedPort()}/`)).toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
      phase: 'connect',
    })
  })

  it('a certificate of an authority that is not known', async () => {
    const { port, requests } = await startHttps()
    const seen = await trace(`https://${host}:${port}/`, { secureContext: createSecureContext() })
    expect(seen.failure).toMatchObject({
      code: 'CERTIFICATE_NOT_TRUSTED',
      phase: 'tls',
      message: expect.stringMatching(/is not trusted .*Roundtrip local CA.*--cacert FILE/),
    })
    expect(seen.tls?.certificates[0]?.subject).toBe(host)
    expect(requests).toEqual([])
  })

  it('a certificate for other names', async () => {
    const { port, requests } = await startHttps()
    expect(await failureOf(`https://other.test:${port}/`, { resolver: otherName })).toMatchObject({
      code: 'CERTIFICATE_NAME_MISMATCH',
      message: `The certificate is not for other.test: it covers ${host}, www.${host}, 127.0.0.1.`,
    })
    expect(await failureOf(`https://127.0.0.1:${port}/`)).toBeUndefined()
    expect(requests).toHaveLength(1)
  })

  it.each([
    [-8, /^The certificate has expired: shop\.test on \d{4}-\d\d-\d\d\.$/],
    [2, /^The certificate is not valid yet/],
  ])('a certificate %i days away', async (days, message) => {
    const clock = () => Date.now() + days * 86_400_000
    const { chainPem, keyPem } = await issueLeaf(await testAuthority(), { names: [host], clock })
    const { port } = await startHttps(answer, { cert: chainPem, key: keyPem })
    expect(await failureOf(`https://${host}:${port}/`)).toMatchObject({
      code: 'CERTIFICATE_NOT_TRUSTED',
      message: expect.stringMatching(message),
    })
  })

  it('a port that speaks plain HTTP', async () => {
    const { port } = await startHttp()
    expect(await failureOf(`https://${host}:${port}/`)).toMatchObject({
      code: 'TLS_FAILED',
      message: expect.stringContaining('plain HTTP'),
    })
  })

  it('a server that hangs up during the handshake', async () => {
    const port = await startTcp((socket) => socket.destroy())
    expect(await failureOf(`https://${host}:${port}/`)).toMatchObject({
      code: 'TLS_FAILED',
      message: 'The server closed the connection during the handshake.',
    })
  })

  it('a server that never ends the handshake', async () => {
    const giveUp = new AbortController()
    const port = await startTcp((socket) => socket.on('data', () => giveUp.abort()))
    expect(await failureOf(`https://${host}:${port}/`, { deadline: () => giveUp.signal })).toMatchObject({
      code: 'TLS_FAILED',
      message: 'The TLS handshake did not finish in time.',
    })
  })

  it.each([[undefined], [['http/1.1']]])('a server without HTTP/2: %o', async (ALPNProtocols) => {
    const port = await startTls(() => undefined, { ...(ALPNProtocols !== undefined && { ALPNProtocols }) })
    expect(await failureOf(`https://${host}:${port}/`, { protocols: ['h2'] })).toMatchObject({
      code: 'TLS_FAILED',
      message: 'The server speaks none of the protocols that were offered (ALPN: h2).',
    })
  })

  it('an answer that is no HTTP/1.1', async () => {
    const port = await startTls((socket) => socket.end('SSH-2.0-OpenSSH\r\n'), { ALPNProtocols: ['http/1.1'] })
    expect(await failureOf(`https://${host}:${port}/`)).toMatchObject({
      code: 'UPSTREAM_INVALID',
      message: expect.stringContaining('broke the protocol'),
    })
  })

  it('an answer that is no HTTP/2', async () => {
    const port = await startTls((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'), { ALPNProtocols: ['h2'] })
    expect(await failureOf(`https://${host}:${port}/`)).toMatchObject({ code: 'UPSTREAM_INVALID' })
  })

  it.each([['h2'], ['http/1.1']] as const)('no answer at all over %s', async (protocol) => {
    const port = await startTls((socket) => socket.once('data', () => socket.destroy()), { ALPNProtocols: [protocol] })
    expect(await failureOf(`https://${host}:${port}/`)).toMatchObject({
      code: 'UPSTREAM_RESET',
      message: expect.stringContaining('closed the connection without a response'),
    })
  })
})
