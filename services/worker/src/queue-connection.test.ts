import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { connectQueue } from './queue-connection.ts'
import { captureLog } from './testing/captured-log.ts'

it('says once why the queue cannot be reached', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')

  const { log, lines, waitFor } = captureLog()
  const connection = connectQueue({ url: `redis://127.0.0.1:${port}`, password: undefined, log, random: () => 0 })
  await waitFor(({ level }) => level === 'warn')
  expect(await connection.check()).toMatch(/^not reachable: .*ECONNREFUSED/)
  await once(connection.client, 'reconnecting')
  await once(connection.client, 'error')
  expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  connection.close()
})
