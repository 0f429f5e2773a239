import type { HttpResponse } from '@roundtrip/http'
import { expect, it } from 'vitest'
import { connectSession, headOf, ok, serveForTest } from './testing.ts'

it('a connection says when it gets a request in hand, and when it has none any more', async () => {
  const answers: ((response: HttpResponse) => void)[] = []
  const server = await serveForTest(() => new Promise((resolve) => void answers.push(resolve)))
  const session = connectSession(server)
  const told: string[] = []
  await expect.poll(() => server.connections.length).toBe(1)
  const [connection] = server.connections
  if (connection === undefined) throw new Error('no connection')
  connection.occupancy = { busy: () => void told.push('busy'), idle: () => void told.push('idle') }
  for (const round of [1, 2]) {
    const streams = [session.request({}), session.request({})]
    await expect.poll(() => answers.length).toBe(2)
    for (const answer of answers.splice(0)) answer(ok())
    await Promise.all(streams.map(headOf))
    await expect.poll(() => told.length).toBe(2 * round)
  }
  expect(told).toEqual(['busy', 'idle', 'busy', 'idle'])
})
