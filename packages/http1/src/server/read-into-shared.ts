/**
 * Reads of all connections into one buffer. node makes a buffer of 64 KiB for each read and shrinks it; for the short
 * requests of most clients that costs more than parsing them. Outgoing sockets have an option for this (`onread`); for
 * accepted ones the same machinery is reached by the names under which node keeps it, and where they are not found
 * reading goes the usual way.
 */
import type { Socket } from 'node:net'
import { SharedBuffer } from '../shared-buffer.ts'

/** Longer than what a kernel hands out at once as a rule; more comes with the next read. */
const shared = new SharedBuffer(65_536)

interface Handle {
  useUserBuffer?(buffer: Uint8Array): void
}

type Keys = readonly [buffer: symbol, callback: symbol]

/** The same for all sockets of a process. */
let keys: Keys | undefined

const keysOf = (socket: Socket): Keys | undefined => {
  if (keys !== undefined) return keys
  const own = Object.getOwnPropertySymbols(socket)
  const buffer = own.find(({ description }) => description === 'kBuffer')
  const callback = own.find(({ description }) => description === 'kBufferCb')
  if (buffer !== undefined && callback !== undefined) keys = [buffer, callback]
  return keys
}

/**
 * Calls back with what arrives, at once with what has arrived already. Octets are the caller's only until it returns:
 * whoever keeps some copies them.
 *
 * @returns whether the buffer is shared; if not, `receive` gets buffers of its own from `data` events
 */
export const readIntoShared = (socket: Socket, receive: (octets: Buffer) => void): boolean => {
  const { _handle: handle } = socket as unknown as { _handle?: Handle | null }
  const found = keysOf(socket)
  if (found === undefined || typeof handle?.useUserBuffer !== 'function') {
    socket.on('data', receive)
    return false
  }
  const [bufferKey, callbackKey] = found
  const early = socket.read() as Buffer | null
  handle.useUserBuffer(shared.octets)
  Object.assign(socket, {
    [bufferKey]: shared.octets,
    [callbackKey]: (bytes: number): boolean => {
      receive(shared.first(bytes))
      return true
    },
  })
  // As events do: not before the connection that listens has been put together.
  process.nextTick(() => {
    if (early !== null) receive(early)
    if (!socket.isPaused()) socket.resume()
  })
  return true
}
