/** UDP and TCP on the same port, as clients expect them. */
import type { Log } from '../dns-request.ts'
import type { Answer } from './answer.ts'
import { TcpListener } from './tcp-listener.ts'
import { UdpListener } from './udp-listener.ts'

/** A port free for TCP is nearly always free for UDP too; ten misses in a row mean that something else is wrong. */
const maxTries = 10

export interface ListenersOptions {
  readonly host: string
  /** 0 for one that is free for both. */
  readonly port: number
  readonly tcpIdleTimeoutMs: number
  readonly tcpMaxConnections: number
  readonly answer: Answer
  readonly log: Log
}

export interface Listeners {
  readonly udp: UdpListener
  readonly tcp: TcpListener
}

/** @throws what binding fails with, e.g. `EADDRINUSE` */
export const openListeners = async (options: ListenersOptions): Promise<Listeners> => {
  for (let tries = 1; ; tries++) {
    try {
      return await openOnce(options)
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (options.port !== 0 || !isTaken || tries === maxTries) throw error
    }
  }
}

const openOnce = async (options: ListenersOptions): Promise<Listeners> => {
  const { tcpIdleTimeoutMs: idleTimeoutMs, tcpMaxConnections: maxConnections } = options
  const tcp = await TcpListener.open({ ...options, idleTimeoutMs, maxConnections })
  try {
    const udp = await UdpListener.open({ ...options, port: tcp.address.port })
    return { udp, tcp }
  } catch (error) {
    await tcp.close()
    throw error
  }
}
