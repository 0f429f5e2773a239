import { once } from 'node:events'
import { BoundSocket, createServer, type AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { SlotSockets } from './slot-sockets.ts'
import { workerCount } from './worker-count.ts'

it('are one for each listener and slot, on the same port, and told apart by their descriptors', async () => {
  const sockets = await SlotSockets.bind(
    [
      { name: 'https', host: 'localhost', port: 0 },
      { name: 'http', host: '127.0.0.1', port: 0 },
    ],
    3,
  )
  onTestFinished(() => sockets.close())
  expect(new Set(sockets.descriptors).size).toBe(6)
  const { https = [], http = [] } = sockets.inherited
  expect([https.length, http.length]).toEqual([3, 3])
  // Where the child finds each of them, after its channel.
  const numbers = [...https, ...http].flat()
  expect(numbers).toEqual(sockets.descriptors.map((_descriptor, index) => 4 + index))
  for (const copies of [...https, ...http])
    expect(new Set(copies.map((number) => sockets.descriptors[number - 4])).size).toBe(1)
})

it.each([
  ['alone', false],
  ['sharing it', true],
])('refuse a port that somebody else has, %s', async (_how, reusePort) => {
  const other = createServer().listen({ host: '127.0.0.1', port: 0, reusePort })
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const binding = SlotSockets.bind([{ name: 'https', host: '127.0.0.1', port }], 2)
  await expect(binding).rejects.toMatchObject({ code: 'EADDRINUSE', port })
})

it('leave nothing bound when one of them fails', async () => {
  const free = new BoundSocket({ host: '127.0.0.1' })
  const address = free.address()
  const port = typeof address === 'object' ? address.port : 0
  free.close()
  const addresses = [
    { name: 'https', host: '127.0.0.1', port },
    { name: 'http', host: '192.0.2.1', port },
  ]
  await expect(SlotSockets.bind(addresses, 2)).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' })
  new BoundSocket({ host: '127.0.0.1', port }).close()
})

it.skipIf(process.platform !== 'linux')('are for as many workers as the setting says', () => {
  expect([workerCount('1', 8), workerCount('3', 8), workerCount('auto', 8)]).toEqual([1, 3, 8])
})
