import { describe, expect, it, vi } from 'vitest'
import { OpenConnections } from './open-connections.ts'
import type { Occupancy, ServerConnection } from './server-connection.ts'

type Kind = Partial<Pick<ServerConnection, 'inFlight' | 'protocol' | 'requests'>>

const connectionOf = ({ inFlight = 0, protocol = 'http/1.1', requests = 0 }: Kind = {}) => {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>()
  const [drain, destroy, retire] = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()]
  return {
    protocol,
    address: 'a',
    since: 0,
    requests,
    inFlight,
    drain,
    destroy,
    retire,
    closed,
    close,
    occupancy: undefined as Occupancy | undefined,
  }
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

  it('make room by the longest idle one, and say when all are busy', () => {
    const busy = Array.from({ length: 100 }, () => connectionOf({ inFlight: 1 }))
    const [first, second, third] = [connectionOf(), connectionOf(), connectionOf()]
    const open = openWith(...busy, first, second, third)
    first.occupancy?.busy()
    first.occupancy?.idle()
    third.occupancy?.busy()
    const drained = (): number[] => [first, second, third].map(({ drain }) => drain.mock.calls.length)
    expect([open.closeLongestIdle(), open.size, ...drained()]).toEqual([true, 102, 0, 1, 0])
    expect([open.closeLongestIdle(), open.size, ...drained()]).toEqual([true, 101, 1, 1, 0])
    expect(open.closeLongestIdle()).toBe(false)
    third.occupancy?.idle()
    busy[50]?.occupancy?.idle()
    expect(open.closeLongestIdle()).toBe(true)
    expect(third.drain).toHaveBeenCalledOnce()
    expect(open.closeLongestIdle()).toBe(true)
    expect(busy.map(({ drain }) => drain.mock.calls.length).indexOf(1)).toBe(50)
    expect([open.closeLongestIdle(), open.size]).toEqual([false, 99])
  })

  it('that are closed are not closed to make room', async () => {
    const [gone, idle] = [connectionOf(), connectionOf()]
    const open = openWith(gone, idle)
    gone.close()
    await gone.closed
    gone.occupancy?.idle()
    expect(open.closeLongestIdle()).toBe(true)
    expect(idle.drain).toHaveBeenCalledOnce()
    expect(open.closeLongestIdle()).toBe(false)
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
