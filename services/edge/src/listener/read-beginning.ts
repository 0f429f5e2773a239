/** Reads the beginning of a connection before anybody else does, and puts back what is not its own. */
import type { Socket } from 'node:net'

export interface Beginning {
  /** Octets that are taken; what follows is put back. */
  readonly length: number
}

/**
 * Calls back once, with what was parsed or with why it could not be. Time is the caller's to limit.
 *
 * @param parse of all octets so far; undefined when it needs more, throws when they are not what they should be
 */
export const readBeginning = <T extends Beginning>(
  socket: Socket,
  parse: (octets: Buffer) => T | undefined,
  done: (outcome: T | Error) => void,
): void => {
  let received: Buffer = Buffer.alloc(0)
  const finish = (outcome: T | Error): void => {
    socket.off('readable', read)
    done(outcome)
  }
  const read = (): void => {
    for (;;) {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const outcome = attempt(() => parse(received))
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

const attempt = <T>(parse: () => T): T | Error => {
  try {
    return parse()
  } catch (error) {
    return error as Error
  }
}
