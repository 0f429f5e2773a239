/** When a request's work is called off, and why. */
import { once } from 'node:events'
import { createServer, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { callOffSignal } from './call-off.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** A request under way: its response, and its client. */
const exchange = async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = request({ port: (server.address() as AddressInfo).port })
  client.on('error', () => {})
  client.end()
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse]
  return { client, response, close: () => server.close() }
}

/** By fake timers. */
const leftOf = (timeoutMs: number) => {
  const deadlineMs = Date.now() + timeoutMs
  return () => deadlineMs - Date.now()
}

test('a client that goes away', async () => {
  const { client, response, close } = await exchange()
  const signal = callOffSignal(response, () => 60_000)
  client.destroy()
  await once(signal, 'abort')
  expect(signal.reason).toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
  close()
})

test('a client that had gone before anybody asked', async () => {
  const { client, response, close } = await exchange()
  client.destroy()
  await once(response, 'close')
  expect(callOffSignal(response, () => 60_000).reason).toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' })
  close()
})

test('not a client that has got its answer, and no longer by the deadline', async () => {
  const { client, response, close } = await exchange()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  const signal = callOffSignal(response, leftOf(100))
  const closed = once(response, 'close')
  const answered = once(client, 'response')
  response.end()
  await closed
  vi.advanceTimersByTime(200)
  expect(signal.aborted).toBe(false)
  await answered
  client.destroy()
  close()
})

test('a deadline that passes', async () => {
  const { client, response, close } = await exchange()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  const signal = callOffSignal(response, leftOf(100))
  vi.advanceTimersByTime(99)
  expect(signal.aborted).toBe(false)
  vi.advanceTimersByTime(1)
  expect(signal.reason).toMatchObject({ code: 'DEADLINE_EXCEEDED' })
  client.destroy()
  close()
})

test('a deadline that is put off', async () => {
  const { client, response, close } = await exchange()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  let left = leftOf(100)
  const signal = callOffSignal(response, () => left())
  vi.advanceTimersByTime(50)
  left = leftOf(100)
  vi.advanceTimersByTime(99)
  expect(signal.aborted).toBe(false)
  vi.advanceTimersByTime(1)
  expect(signal.reason).toMatchObject({ code: 'DEADLINE_EXCEEDED' })
  client.destroy()
  close()
})
