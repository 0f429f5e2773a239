import type { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { contentOf, startScriptedOrigin, testClient, testRequest, testTransport } from './testing.ts'

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

const start = async (totalTimeoutMs?: number) => {
  const { origin, accept } = await startScriptedOrigin()
  const transport = testTransport(origin)
  const ends: unknown[] = []
  const options = { ...testClient(), onEnd: (error: unknown) => ends.push(error) }
  const response = transport.send(
    testRequest(),
    totalTimeoutMs === undefined ? options : { ...options, totalTimeoutMs },
  )
  const peer = await accept()
  await peer.read()
  return { transport, response, peer, ends }
}

describe('time', () => {
  it('without a head is up after the first-byte timeout, a part of one notwithstanding', async () => {
    const { transport, response, peer, ends } = await start()
    peer.send('HTTP/1.1 200 OK\r\n')
    await turn()
    transport.pass(1999)
    expect(ends).toEqual([])
    transport.pass(1)
    await expect(response).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT', status: 504, details: { sent: true } })
    await peer.closed
    expect(ends).toHaveLength(1)
  })

  it('between two parts of the content is up after the body timeout, each part beginning it anew', async () => {
    const { transport, response, peer } = await start()
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc')
    const answer = await response
    const body = answer.body as Readable
    const parts: string[] = []
    let arrived = Promise.withResolvers<void>()
    body.on('data', (part: Buffer) => {
      parts.push(part.toString())
      arrived.resolve()
    })
    const failed = new Promise((resolve) => void body.once('error', resolve))
    await arrived.promise
    transport.pass(2999)
    arrived = Promise.withResolvers()
    peer.send('def')
    await arrived.promise
    transport.pass(2999)
    expect(parts.join('')).toBe('abcdef')
    transport.pass(1)
    expect(await failed).toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
    await peer.closed
  })

  it("of a client that reads slowly is not the next hop's", async () => {
    const { transport, response, peer } = await start()
    const content = 'x'.repeat(4 * 1024 * 1024)
    peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n${content}`)
    const answer = await response
    const body = answer.body as Readable
    while (body.readableLength < body.readableHighWaterMark) await turn()
    transport.pass(1_000_000)
    expect(await contentOf(answer)).toBe(content)
  })

  it('in all is bounded where it is asked for', async () => {
    const { transport, response, peer } = await start(1500)
    peer.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc')
    const content = contentOf(await response)
    transport.pass(1499)
    transport.pass(1)
    await expect(content).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
    await peer.closed
  })

  it('to connect is bounded', async () => {
    const transport = testTransport('http://never-resolved.test', { lookup: () => undefined })
    const response = transport.send(testRequest(), testClient())
    transport.pass(1000)
    await expect(response).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT', status: 504, details: { sent: false } })
    expect(transport.stats).toMatchObject({ open: 0, inFlight: 0 })
  })
})
