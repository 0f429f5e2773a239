/** For tests: a way to a Redis that can be cut, or held up. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface RedisWay {
  /** Leads to the same database of the same Redis. */
  readonly url: string
  /** Connections that were made so far. */
  readonly connections: number
  /** Breaks all connections, and each new one, until it is mended. */
  cut(): void
  mend(): void
  /** Nothing more comes through the connections that are open, but they stay; new ones work. */
  hold(): void
  release(): void
  close(): void
}

/** @param url of the Redis that it leads to */
export const startRedisWay = async (url: string): Promise<RedisWay> => {
  const { hostname, port, pathname } = new URL(url)
  const open = new Set<Socket>()
  let isCut = false
  let connections = 0
  const server = createServer((near) => {
    if (isCut) return near.destroy()
    connections++
    const far = connect(Number(port), hostname)
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', () => undefined).on('close', () => [near, far].forEach((end) => end.destroy()))
    }
  })
  const breakAll = (): void => open.forEach((socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    get connections() {
      return connections
    },
    cut: () => {
      isCut = true
      breakAll()
    },
    mend: () => void (isCut = false),
    hold: () => open.forEach((socket) => socket.pause()),
    release: () => open.forEach((socket) => socket.resume()),
    close: () => {
      breakAll()
      server.close()
    },
  }
}
