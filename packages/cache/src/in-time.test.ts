import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { inTime } from './in-time.ts'

/** Keeps the process from reading its sockets. */
const busy = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

it('gives the answer or the error', async () => {
  expect(await inTime(Promise.resolve(1), 1_000)).toBe(1)
  await expect(inTime(Promise.reject(new Error('no')), 1_000)).rejects.toThrow('no')
})

it('gives up when there is none', async () => {
  await expect(inTime(new Promise(() => {}), 1)).rejects.toThrow('within 1 ms')
})

it('takes an answer that came while the process was busy', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [far] = (await once(server, 'connection')) as [Socket]
  onTestFinished(() => {
    near.destroy()
    far.destroy()
    server.close()
  })
  const answer = inTime(once(near, 'data'), 1)
  far.write('answer')
  busy(20)
  expect(String(await answer)).toBe('answer')
})
