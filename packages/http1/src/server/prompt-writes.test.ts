// oxlint-disable no-underscore-dangle -- the names are node's
import { once } from 'node:events'
import {
  connect as connectPlain,
  createServer as createPlain,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { anonymous } from '../testing-tls.ts'
import { writePromptly } from './prompt-writes.ts'

const listening = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

interface Ends {
  readonly ours: TLSSocket
  readonly client: TLSSocket
  /** What the server has sent, as it went over the wire. */
  readonly sent: Buffer[]
  /** Breaks the connection off between the two. */
  readonly cut: () => void
}

/** Both ends of a TLS connection; the server's writes promptly. */
const start = async (): Promise<Ends> => {
  const server = createServer(anonymous)
  const serverPort = await listening(server)
  const sent: Buffer[] = []
  const between: Socket[] = []
  const wire = createPlain((toClient) => {
    const toServer = connectPlain(serverPort, '127.0.0.1')
    between.push(toClient, toServer)
    toServer.on('data', (octets: Buffer) => sent.push(octets))
    toClient.pipe(toServer).pipe(toClient)
    for (const socket of between) socket.on('error', () => undefined)
  })
  const port = await listening(wire)
  const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>
  const client = connect({
    ...anonymous,
    port,
    host: '127.0.0.1',
    checkServerIdentity: () => undefined,
    rejectUnauthorized: false,
  })
  const [ours] = await accepted
  const cut = (): void => {
    for (const socket of between) socket.resetAndDestroy()
  }
  onTestFinished(cut)
  client.on('error', () => undefined)
  ours.setNoDelay(true)
  expect(writePromptly(ours)).toBe(true)
  return { ours, client, sent, cut }
}

const textOf = async (socket: Socket): Promise<string> => {
  let text = ''
  socket.on('data', (octets: Buffer) => (text += octets.toString('latin1')))
  await once(socket, 'end')
  return text
}

/** Of the last record (RFC 5246 §6.2.1). */
const lastContentType = (octets: Buffer): number | undefined => {
  let type: number | undefined
  for (let at = 0; at < octets.length; at += 5 + octets.readUInt16BE(at + 3)) type = octets[at]
  return type
}
const alert = 21

/** What the kernel has had no room for. */
const unsentBytes = (socket: Socket): number =>
  (socket as unknown as { _handle: { _parent: { writeQueueSize: number } } })._handle._parent.writeQueueSize

/** What came with the handshake has left by then. */
const aTurnLater = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

it('is done with a short write when that returns', async () => {
  const { ours, client } = await start()
  await aTurnLater()
  ours.write(Buffer.from('short'))
  expect(ours.writableLength).toBe(0)
  const [chunk] = (await once(client, 'data')) as [Buffer]
  expect(chunk.toString()).toBe('short')
})

it('keeps writes in order, and what they hold, though their memory is used again at once', async () => {
  const { ours, client } = await start()
  const received = textOf(client)
  const shared = Buffer.alloc(1000)
  let expected = ''
  for (let round = 0; round < 50; round++) {
    for (const digit of '0123456789') {
      // As whoever sends answers does: what the socket holds on to is left alone.
      if (ours.writableLength > 0) ours.write(digit.repeat(1000), 'latin1')
      else ours.write(shared.fill(digit))
      shared.fill('!')
      expected += digit.repeat(1000)
    }
    ours.write(`${round}`.repeat(20_000))
    expected += `${round}`.repeat(20_000)
    if (round % 7 === 0) await aTurnLater()
  }
  ours.end()
  expect((await received) === expected).toBe(true)
})

it('ends a connection behind what was written, and says so', async () => {
  const { ours, client, sent } = await start()
  await aTurnLater()
  const received = textOf(client)
  ours.write(Buffer.from('last words'))
  ours.end()
  expect(await received).toBe('last words')
  // Without close_notify nobody could tell it from a connection that was cut off.
  expect(lastContentType(Buffer.concat(sent))).toBe(alert)
})

it('calls back once the kernel has what it had no room for', async () => {
  const { ours, client } = await start()
  client.pause()
  let done = 0
  let written = 0
  while (ours.writableLength === 0) {
    ours.write(Buffer.alloc(16_000), () => done++)
    written++
    expect(ours.writableLength > 0 || unsentBytes(ours) === 0).toBe(true)
    await aTurnLater()
  }
  expect(done).toBe(written - 1)
  client.resume()
  await expect.poll(() => done).toBe(written)
})

it('fails with a connection that is gone', async () => {
  const { ours, client, cut } = await start()
  client.pause()
  const failures: unknown[] = []
  ours.on('error', (error) => failures.push(error))
  while (ours.writableLength === 0) {
    ours.write(Buffer.alloc(16_000))
    await aTurnLater()
  }
  cut()
  await expect.poll(() => ours.closed).toBe(true)
  expect(failures).toHaveLength(1)
})

it('leaves a plain connection alone', async () => {
  const server = createPlain()
  const port = await listening(server)
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const client = connectPlain(port, '127.0.0.1')
  const [ours] = await accepted
  onTestFinished(() => void client.destroy())
  onTestFinished(() => void ours.destroy())
  expect(writePromptly(ours)).toBe(false)
})
