import { describe, expect, it, vi } from 'vitest'
import { OpenConnections } from './open-connections.ts'
import type { ServerConnection } from './server-connection.ts'

type Kind = Partial<Pick<ServerConnection, 'inFlight' | 'protocol' | 'requests'>>

const connectionOf = ({ inFlight = 0, protocol = 'http/1.1', requests = 0 }: Kind = {}) => {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>()
  const [drain, destroy, retire] = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()]
  return { protocol, address: 'a', since: 0, requests, inFlight, drain, destroy, retire, closed, close }
}
const openWith = (...connections: ServerConnection[]): OpenConnections => {
  const open = new OpenConnections()
  for (const connection of connections) open.add(connection)
  return open
}
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

describe('the connections of a listener', () => {
  it('are counted until they are closed', async () => {
    const [first, second] = [connectionOf(), connectionOf()]
    const open = openWith(first, second)
    expect([...open]).toEqual([first, second])
    first.close()
    await first.closed
    expect([open.size, ...open]).toEqual([1, second])
  })

  it('make room by the oldest without a request in hand, and say when there is none', () => {
    const [busy, idle, younger] = [connectionOf({ inFlight: 1 }), connectionOf(), connectionOf({ inFlight: 1 })]
    const open = openWith(busy, idle, younger)
    expect([open.closeOldestIdle(), open.size]).toEqual([true, 2])
    expect([busy, idle, younger].map(({ drain }) => drain.mock.calls.length)).toEqual([0, 1, 0])
    expect(open.closeOldestIdle()).toBe(false)
  })

  it('are broken off together', () => {
    const connections = [connectionOf(), connectionOf({ inFlight: 1 })]
    openWith(...connections).destroy()
    expect(connections.map(({ destroy }) => destroy.mock.calls.length)).toEqual([1, 1])
  })
})

describe('draining', () => {
  it('retires all at once, and ends when the last is closed', async () => {
    const [first, last] = [connectionOf(), connectionOf({ inFlight: 1 })]
    let isDrained = false
    const drained = openWith(first, last)
      .drain({ graceMs: 60_000 })
      .then(() => (isDrained = true))
    expect([first, last].map(({ retire }) => retire.mock.calls.length)).toEqual([1, 1])
    first.close()
    await first.closed
    await turns()
    expect(isDrained).toBe(false)
    last.close()
    await drained
  })

  it('says GOAWAY at once where requests have been, but not to a client that has sent none', async () => {
    const [used, unused] = [connectionOf({ protocol: 'h2', requests: 1 }), connectionOf({ protocol: 'h2' })]
    const drained = openWith(used, unused).drain({ graceMs: 60_000 })
    expect([used, unused].map(({ drain }) => drain.mock.calls.length)).toEqual([1, 0])
    used.close()
    unused.close()
    await drained
  })

  it('waits for idle ones no longer than its grace, and drains those that come meanwhile at once', async () => {
    const [idle, late] = [connectionOf(), connectionOf()]
    const open = openWith(idle)
    const isTold = new Promise<void>((resolve) => void idle.drain.mockImplementation(resolve))
    const drained = open.drain({ graceMs: 1 })
    open.add(late)
    expect(late.drain).toHaveBeenCalledOnce()
    await isTold
    idle.close()
    late.close()
    await drained
  })
})
