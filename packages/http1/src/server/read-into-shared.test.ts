import { once } from 'node:events'
import { connect, createServer, Socket, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readIntoShared } from './read-into-shared.ts'

/** A connection, seen from both ends. */
const pair = async (): Promise<{ accepted: Socket; client: Socket }> => {
  const server = createServer({ allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [accepted] = (await once(server, 'connection')) as [Socket]
  onTestFinished(() => {
    client.destroy()
    accepted.destroy()
    server.close()
  })
  return { accepted, client }
}

describe('reading into one buffer', () => {
  it('is possible with this version of node', async () => {
    const { accepted } = await pair()
    expect(readIntoShared(accepted, () => undefined)).toBe(true)
  })

  it('hands out what arrives, to each connection its own, and then its end', async () => {
    const pairs = [await pair(), await pair()]
    const seen = await Promise.all(
      pairs.map(async ({ accepted, client }, index) => {
        let all = ''
        readIntoShared(accepted, (octets) => (all += octets.toString('latin1')))
        client.end(String(index).repeat(200_000))
        await once(accepted, 'end')
        return all
      }),
    )
    expect(seen).toEqual(['0'.repeat(200_000), '1'.repeat(200_000)])
  })

  it('begins with what had arrived before', async () => {
    const { accepted, client } = await pair()
    client.end('early')
    await once(accepted, 'readable')
    const heard = Promise.withResolvers<string>()
    readIntoShared(accepted, (octets) => heard.resolve(octets.toString('latin1')))
    expect(await heard.promise).toBe('early')
  })

  it('stops while the socket is paused', async () => {
    const { accepted, client } = await pair()
    let bytes = 0
    readIntoShared(accepted, (octets) => {
      bytes += octets.length
      accepted.pause()
    })
    client.end('x'.repeat(500_000))
    await expect.poll(() => bytes).toBeGreaterThan(0)
    const before = bytes
    accepted.write('now you')
    await once(client, 'data')
    expect(bytes).toBe(before)
    accepted.on('pause', () => setImmediate(() => accepted.resume()))
    accepted.resume()
    await once(accepted, 'end')
    expect(bytes).toBe(500_000)
  })

  it('is done by events where a socket has no such machinery', async () => {
    const { accepted, client } = await pair()
    const plain = new Proxy(accepted, {
      get: (target, key) => (key === '_handle' ? undefined : Reflect.get(target, key)),
    })
    const heard = Promise.withResolvers<string>()
    expect(readIntoShared(plain, (octets) => heard.resolve(octets.toString('latin1')))).toBe(false)
    client.write('usual')
    expect(await heard.promise).toBe('usual')
    client.end()
    accepted.end()
    expect(await text(client)).toBe('')
  })
})
