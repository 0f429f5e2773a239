import { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Output } from './output.ts'

type Done = (error?: Error | null) => void

/** A socket that takes over what it is told to. */
const heldSocket = (): { socket: Socket; writes: { bytes: Buffer; done: Done }[] } => {
  const writes: { bytes: Buffer; done: Done }[] = []
  const socket = new Duplex({
    read: () => undefined,
    write: (bytes: Buffer, _encoding, done) => void writes.push({ bytes, done }),
  })
  socket.on('error', () => undefined)
  return { socket: socket as unknown as Socket, writes }
}

const put = (output: Output, bytes: number): void => {
  output.reserve(bytes)
  output.slab.fill('x', output.offset, output.offset + bytes)
  output.offset += bytes
}

const endOfTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

describe('output', () => {
  it('of one turn leaves in one write, microtasks included', async () => {
    const { socket, writes } = heldSocket()
    const output = new Output(socket, () => undefined)
    put(output, 10)
    await Promise.resolve()
    await Promise.resolve()
    put(output, 20_000)
    expect(writes).toHaveLength(0)
    await endOfTurn()
    expect(writes.map(({ bytes }) => bytes.length)).toEqual([20_010])
    expect(output.unwrittenBytes).toBe(20_010)
    writes[0]?.done()
    await endOfTurn()
    expect(output.unwrittenBytes).toBe(0)
  })

  it('waits for what other sockets bring in this round of the event loop while more is to come', async () => {
    const { socket, writes } = heldSocket()
    const output = new Output(
      socket,
      () => undefined,
      () => true,
    )
    put(output, 10)
    await new Promise<void>((resolve) => process.nextTick(resolve))
    expect(writes).toHaveLength(0)
    put(output, 20)
    await endOfTurn()
    expect(writes.map(({ bytes }) => bytes.length)).toEqual([30])
  })

  it('that comes while a write is under way leaves in one behind it', async () => {
    const { socket, writes } = heldSocket()
    const output = new Output(socket, () => undefined)
    for (const bytes of [10, 20, 30]) {
      put(output, bytes)
      await endOfTurn()
    }
    expect(writes.map(({ bytes }) => bytes.length)).toEqual([10])
    expect(output.unwrittenBytes).toBe(60)
    writes[0]?.done()
    await endOfTurn()
    expect(writes.map(({ bytes }) => bytes.length)).toEqual([10, 50])
  })

  it('larger than a slab keeps its order and its octets', async () => {
    const { socket, writes } = heldSocket()
    const output = new Output(socket, () => undefined)
    for (let i = 0; i < 20; i += 1) put(output, 10_000)
    await endOfTurn()
    for (let i = 0; i < writes.length; i += 1) {
      writes[i]?.done()
      await endOfTurn()
    }
    expect(writes.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(200_000)
  })

  it.each([
    ['taken over', null, true],
    ['lost', new Error('reset'), false],
  ])('tells those it ends whether it was %s, not before', async (_what, error, isWritten) => {
    const { socket, writes } = heldSocket()
    const output = new Output(socket, () => undefined)
    const told: boolean[] = []
    put(output, 10)
    output.noteEnding({ onWritten: (outcome) => void told.push(outcome) })
    await endOfTurn()
    expect(told).toEqual([])
    writes[0]?.done(error)
    await endOfTurn()
    expect(told).toEqual([isWritten])
  })
})
