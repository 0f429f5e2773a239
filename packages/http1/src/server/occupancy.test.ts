import { expect, it } from 'vitest'
import { connectRaw, readUntil, serveForTest, testResponse, until } from '../testing.ts'

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

/** What it is told, with the requests in hand as they are then. */
const recordOn = ([connection]: Awaited<ReturnType<typeof serveForTest>>['connections']): string[] => {
  if (connection === undefined) throw new Error('no connection')
  const told: string[] = []
  const note = (what: string) => () => void told.push(`${what} ${connection.inFlight > 0}`)
  connection.occupancy = { busy: note('busy'), idle: note('idle') }
  return told
}

it('a connection says when it gets a request in hand, and when it has none any more', async () => {
  const served = await serveForTest(({ target }) => testResponse({ body: target }))
  const client = await connectRaw(served)
  await until(() => served.connections.length > 0)
  const told = recordOn(served.connections)
  for (const round of [1, 2]) {
    client.write(get.replace('/', `/${round}`))
    await readUntil(client, `/${round}`)
    await until(() => told.length === 2 * round)
  }
  expect(told).toEqual(['busy true', 'idle false', 'busy true', 'idle false'])
})

it('stays busy until its answers have left, however late they are read', async () => {
  const served = await serveForTest(() => testResponse({ body: Buffer.alloc(8_000_000) }))
  const client = await connectRaw(served)
  await until(() => served.connections.length > 0)
  const told = recordOn(served.connections)
  client.pause()
  client.write(get)
  await until(() => served.connections[0]?.requests === 1)
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  expect(told.at(-1)).toBe('busy true')
  client.resume()
  await until(() => told.at(-1) === 'idle false')
})
