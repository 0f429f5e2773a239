import { describe, expect, it, vi } from 'vitest'
import { ConnectionSet } from './connection-set.ts'

const connectionOf = (address: string, inFlight = 0) => {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>()
  const drain = vi.fn<() => void>()
  const destroy = vi.fn<() => void>()
  return { protocol: 'http/1.1' as const, address, since: 0, requests: 0, inFlight, drain, destroy, closed, close }
}

describe('the connections of a listener', () => {
  it('are counted, in all and by client, until they are closed', async () => {
    const set = new ConnectionSet()
    const [first, second, other] = [connectionOf('a', 1), connectionOf('a', 2), connectionOf('b')]
    for (const connection of [first, second, other]) set.add(connection)
    expect([set.size, set.inFlight, set.countOf('a'), set.countOf('b'), set.countOf('c')]).toEqual([3, 3, 2, 1, 0])
    expect([...set]).toEqual([first, second, other])
    first.close()
    other.close()
    await Promise.all([first.closed, other.closed])
    expect([set.size, set.countOf('a'), set.countOf('b')]).toEqual([1, 1, 0])
  })

  it('are drained together, those that come meanwhile too', async () => {
    const set = new ConnectionSet()
    const [before, during] = [connectionOf('a'), connectionOf('a')]
    set.add(before)
    let isDrained = false
    const drained = set.drain().then(() => (isDrained = true))
    set.add(during)
    expect([before.drain, during.drain].map(({ mock }) => mock.calls.length)).toEqual([1, 1])
    before.close()
    await before.closed
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    expect(isDrained).toBe(false)
    during.close()
    await drained
  })

  it('are broken off together', () => {
    const set = new ConnectionSet()
    const connections = [connectionOf('a'), connectionOf('b')]
    for (const connection of connections) set.add(connection)
    set.destroy()
    expect(connections.every(({ destroy }) => destroy.mock.calls.length === 1)).toBe(true)
  })
})
