import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { BoundSocket, connect, type AddressInfo, type Socket } from 'node:net'
import { recordingLog } from '@roundtrip/http/testing'
import { expect, it, onTestFinished } from 'vitest'
import { Connections } from './connections.ts'

/** Answers that wait, by path. */
type Held = Map<string, () => void>

const start = async () => {
  const held: Held = new Map()
  const server = createServer((request, response) => {
    const answer = (): void => void response.end(request.url)
    if (connections.isDraining) response.setHeader('connection', 'close')
    if (request.url === '/begun') response.flushHeaders()
    if (request.url === '/') answer()
    else held.set(request.url ?? '', answer)
    server.emit('held')
  })
  const graces: (() => void)[] = []
  const log = recordingLog()
  const connections = new Connections(server, {
    log,
    every: (work) => {
      graces.push(work)
      return () => void graces.pop()
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, connections, held, graces, log }
}

const portOf = (server: Pick<Server, 'address'> | BoundSocket): number => (server.address() as AddressInfo).port

class Client {
  readonly socket: Socket
  readonly ended: Promise<unknown>
  received = ''

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('data', (data) => (this.received += String(data)))
    this.ended = once(this.socket, 'close')
  }

  ask(path: string): void {
    this.socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`)
  }

  async answered(path: string): Promise<void> {
    const { length } = this.received
    this.ask(path)
    while (!this.received.slice(length).includes(path)) await once(this.socket, 'data')
  }
}

it('answers the request that comes on a connection without one, and says that it was the last', async () => {
  const { server, connections } = await start()
  const client = new Client(portOf(server))
  await client.answered('/')
  expect(client.received).toContain('Connection: keep-alive')
  const drained = connections.drain()
  client.ask('/')
  await client.ended
  await drained
  expect(client.received.match(/HTTP\/1\.1 200/g)).toHaveLength(2)
  expect(client.received).toContain('connection: close')
})

it('closes connections that bring nothing for a while, and accepts no new ones', async () => {
  const { server, connections, graces } = await start()
  const port = portOf(server)
  const client = new Client(port)
  await client.answered('/')
  const drained = connections.drain()
  await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  expect(client.socket.readyState).toBe('open')
  graces[0]?.()
  await drained
  await client.ended
  expect(graces).toEqual([])
})

it('waits for what is in hand, even if that cannot say any more that it is the last', async () => {
  const { server, connections, held, graces } = await start()
  const client = new Client(portOf(server))
  client.ask('/begun')
  await once(server, 'held')
  const drained = connections.drain()
  graces[0]?.()
  expect(client.socket.readyState).toBe('open')
  held.get('/begun')?.()
  await expect.poll(() => client.received).toContain('/begun')
  expect(client.received).toContain('Connection: keep-alive')
  graces[0]?.()
  await drained
})

it('takes connections from a second socket, which ends with it or before', async () => {
  const { server, connections, graces } = await start()
  const bound = [new BoundSocket({ host: '127.0.0.1' }), new BoundSocket({ host: '127.0.0.1' })]
  const ports = bound.map((socket) => portOf(socket))
  const [stop] = await Promise.all(bound.map((socket) => connections.accept({ fd: socket.fd() })))
  const clients = [...ports, portOf(server)].map((port) => new Client(port))
  for (const client of clients) await client.answered('/')
  stop?.()
  const drained = connections.drain()
  for (const client of clients) client.ask('/')
  await Promise.all(clients.map(({ ended }) => ended))
  for (const client of clients) expect(client.received).toContain('connection: close')
  graces[0]?.()
  await drained
})

it('says that a connection could not be accepted, and goes on', async () => {
  const { server, log } = await start()
  server.emit('error', new Error('accept EMFILE'))
  expect(log.lines).toMatchObject([{ level: 'error', message: 'a connection could not be accepted' }])
  await new Client(portOf(server)).answered('/')
})
