/** A port that is free on every address that needs it, for programs that cannot be told "any". */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

export interface PortUser {
  readonly host: string
  readonly protocol: 'tcp' | 'udp'
}

/** Between looking and using it somebody else may take it; where that matters the caller tries again. */
export const freePort = async (users: readonly PortUser[]): Promise<number> => {
  for (let tries = 0; tries < 100; tries += 1) {
    // Below the ranges that systems take outgoing ports from.
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    const free = await Promise.all(users.map((user) => isFree(user, port)))
    if (free.every(Boolean)) return port
  }
  throw new Error(`no port is free on ${users.map(({ host }) => host).join(', ')}`)
}

const isFree = async ({ host, protocol }: PortUser, port: number): Promise<boolean> => {
  const server = protocol === 'tcp' ? createServer() : createSocket('udp4')
  const listening = once(server, 'listening')
  if ('listen' in server) server.listen(port, host)
  else server.bind(port, host)
  try {
    await listening
  } catch {
    return false
  }
  const closed = once(server, 'close')
  server.close()
  await closed
  return true
}
