import { RoundtripError } from '@roundtrip/errors'
import { describe, expect, it } from 'vitest'
import { contentOf, startScriptedOrigin, testClient, testRequest, testTransport } from './testing.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

describe('a client that leaves', () => {
  it.each(['', 'HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nabc', 'HTTP/1.1 200 OK\r\n\r\nabc'])(
    "after %j ends the next hop's work",
    async (octets) => {
      const { origin, accept } = await startScriptedOrigin()
      const transport = testTransport(origin)
      const client = testClient()
      const content = transport.send(testRequest(), client).then(contentOf)
      const peer = await accept()
      await peer.read()
      peer.send(octets)
      await turn()
      client.leave()
      await expect(content).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
      await peer.closed
      expect(transport.stats).toMatchObject({ open: 0, inFlight: 0 })
    },
  )

  it('shortly before the end costs no connection', async () => {
    const { origin, accept } = await startScriptedOrigin()
    const transport = testTransport(origin)
    const client = testClient()
    const response = transport.send(testRequest(), client)
    const peer = await accept()
    await peer.read()
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc')
    const content = contentOf(await response)
    client.leave()
    await expect(content).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
    expect(transport.stats).toMatchObject({ open: 1, idle: 0, inFlight: 0 })
    peer.send('def')
    while (transport.stats.idle === 0) await turn()
    const next = transport.send(testRequest(), testClient())
    await peer.read()
    peer.send(ok)
    expect(await contentOf(await next)).toBe('ok')
  })

  it('or a signal that fires calls one exchange off, and a reason of ours is the error', async () => {
    const { origin, accept } = await startScriptedOrigin()
    const lost = new AbortController()
    const transport = testTransport(origin)
    const response = transport.send(testRequest(), { ...testClient(), signal: lost.signal })
    const peer = await accept()
    await peer.read()
    lost.abort(new RoundtripError('UPSTREAM_TIMEOUT'))
    await expect(response).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
    await peer.closed
    await expect(transport.send(testRequest(), { ...testClient(), signal: AbortSignal.abort() })).rejects.toMatchObject(
      { code: 'CLIENT_CLOSED_REQUEST' },
    )
  })
})
