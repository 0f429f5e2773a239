/** Ways to ask one question at a time, as lean as a load generator has to be. */
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { openHttp2Lane } from './http2-lanes.ts'
import type { Questions } from './questions.ts'

/** Asks once; calls back when the answer is there, saying whether it was a 200 or 201 to its end. */
export type Lane = (done: (isRight: boolean) => void) => void

/** Streams of a connection: as many as are due, up to what servers let through by default. */
const streamsPerConnection = 16

const tls = { rejectUnauthorized: false, ecdhCurve: 'X25519' }
const endOfHead = '\r\n\r\n'

const http1Lane = async ({ protocol, hostname, port }: URL, questions: Questions): Promise<Lane> => {
  const address = { host: hostname, port: Number(port) }
  const isSecure = protocol === 'https:'
  const socket: Socket = isSecure
    ? connectTls({ ...address, ...tls, ALPNProtocols: ['http/1.1'] })
    : connectTcp(address)
  socket.setNoDelay(true)
  await once(socket, isSecure ? 'secureConnect' : 'connect')
  let done: ((isRight: boolean) => void) | undefined
  let missing = 0
  let isRight = false
  const fail = (): void => done?.(false)
  socket.on('error', fail)
  socket.on('end', fail)
  socket.on('data', (octets: Buffer) => {
    if (missing === 0) {
      // Answers of about 1 KB: the head never comes in two parts on loopback; if it did, the answer would count as wrong.
      const head = octets.indexOf(endOfHead)
      const text = octets.toString('latin1', 0, head).toLowerCase()
      isRight = text.startsWith('http/1.1 200 ') || text.startsWith('http/1.1 201 ')
      const length = text.indexOf('content-length: ')
      missing = head + endOfHead.length + Number.parseInt(text.slice(length + 'content-length: '.length), 10)
    }
    missing -= octets.length
    if (missing === 0) done?.(isRight)
  })
  return (answered) => {
    done = answered
    socket.write(questions())
  }
}

/** @param questions over HTTP/1.1; over HTTP/2 it is always the path of the URL @throws the error of a connection that cannot be made */
export const openLanes = async (
  url: URL,
  protocol: 'h1' | 'h2',
  connections: number,
  questions: Questions,
): Promise<Lane[]> => {
  const all = Array.from({ length: connections })
  if (protocol === 'h1') return Promise.all(all.map(() => http1Lane(url, questions)))
  const sessions = await Promise.all(all.map(() => openHttp2Lane(url, tls)))
  // The first ones of every session first, so that streams are spread over the connections.
  return Array.from({ length: streamsPerConnection }).flatMap(() => sessions)
}
