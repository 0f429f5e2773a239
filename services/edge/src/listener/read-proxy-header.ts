/** Takes the PROXY protocol header off a connection, before anybody else reads from it. */
import type { Socket } from 'node:net'
import { parseProxyHeader, type ProxyHeader } from './proxy-header.ts'
import { readBeginning } from './read-beginning.ts'

/** Calls back once, with the header or with why there is none; what follows the header is put back. Time is the caller's to limit. */
export const readProxyHeader = (socket: Socket, done: (outcome: ProxyHeader | Error) => void): void =>
  readBeginning(socket, parseProxyHeader, done)
