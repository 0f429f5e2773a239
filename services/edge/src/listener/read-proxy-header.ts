/** Takes the PROXY protocol header off a connection, before anybody else reads from it. */
import type { Socket } from 'node:net'
import { parseProxyHeader, type ProxyHeader } from './proxy-header.ts'

/** Calls back once, with the header or with why there is none; what follows the header is put back. Time is the caller's to limit. */
export const readProxyHeader = (socket: Socket, done: (outcome: ProxyHeader | Error) => void): void => {
  let received: Buffer = Buffer.alloc(0)
  const finish = (outcome: ProxyHeader | Error): void => {
    socket.off('readable', read)
    done(outcome)
  }
  const read = (): void => {
    for (;;) {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const outcome = attempt(received)
      if (outcome === undefined) continue
      if (!(outcome instanceof Error) && received.length > outcome.length) {
        socket.unshift(received.subarray(outcome.length))
      }
      finish(outcome)
      return
    }
  }
  socket.on('readable', read)
}

const attempt = (octets: Buffer): ProxyHeader | Error | undefined => {
  try {
    return parseProxyHeader(octets)
  } catch (error) {
    return error as Error
  }
}
