import { describe, expect, it } from 'vitest'
import { connect, hostPort } from './connect.ts'
import { closedPort, startTcp } from './testing/servers.ts'
import type { ConnectAttempt } from './trace.ts'

const attempt = async (addresses: string[], port: number, signal = new AbortController().signal) => {
  const attempts: ConnectAttempt[] = []
  let now = 0
  const outcome = await connect({
    addresses,
    port,
    attemptTimeoutMs: 60_000,
    signal,
    clock: () => now++,
    onAttempt: (one) => attempts.push(one),
  }).then(
    (socket) => socket.destroy() && 'connected',
    (error: unknown) => error,
  )
  return { outcome, attempts }
}

describe('connect', () => {
  it('takes the first address that answers and shows those that did not', async () => {
    const port = await startTcp(() => undefined)
    const { outcome, attempts } = await attempt(['127.0.0.2', '127.0.0.1'], port)
    expect(outcome).toBe('connected')
    expect(attempts).toEqual([
      { address: '127.0.0.2', port, durationMs: 1, failure: 'refused' },
      { address: '127.0.0.1', port, durationMs: 1 },
    ])
  })

  it('says that nothing listens', async () => {
    const port = await closedPort()
    const { outcome, attempts } = await attempt(['127.0.0.1'], port)
    expect(attempts).toMatchObject([{ failure: 'refused' }])
    expect(outcome).toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
      message: `No connection: 127.0.0.1:${port} refused. Nothing listens there.`,
    })
  })

  it('stops when the trace gives up', async () => {
    const { outcome, attempts } = await attempt(['127.0.0.1', '127.0.0.2'], await closedPort(), AbortSignal.abort())
    expect(attempts).toMatchObject([{ address: '127.0.0.1', failure: 'timed out' }])
    expect(outcome).toMatchObject({ code: 'CONNECT_TIMEOUT' })
  })

  it('writes addresses as URLs do', () => {
    expect([hostPort('::1', 443), hostPort('127.0.0.1', 80)]).toEqual(['[::1]:443', '127.0.0.1:80'])
  })
})
