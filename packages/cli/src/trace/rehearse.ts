/**
 * Runs the code of a client once, within this process. Node compiles code when it is first used, which would show in a
 * first trace as time of the DNS server and of the web server: ten milliseconds and more, on a fast machine.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer as createHttp1Server } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { decodeMessage, encodeMessage } from '@roundtrip/dns-wire'
import { Fields } from '@roundtrip/http'
import type { SecureContext } from 'node:tls'
import { createClient } from './client.ts'
import { connect } from './connect.ts'
import { http2Connection } from './exchange-http2.ts'
import type { Clock } from './phases.ts'
import { dnsResolver } from './resolve.ts'

const loopback = '127.0.0.1'
const name = 'rehearsal.test'

/** Long enough for a busy machine; a rehearsal that hangs must not keep the show from going on. */
const patienceMs = 1000

/** After a few the compiler has seen what there is to see. */
const rounds = 3

const fields = Fields.of({ accept: '*/*' })

/** Never rejects: the show goes on without. */
export const rehearse = async (clock: Clock, secureContext: SecureContext): Promise<void> => {
  const signal = AbortSignal.timeout(patienceMs)
  await Promise.allSettled([rehearseHttp1(clock, secureContext, signal), rehearseHttp2(clock, signal)])
}

const rehearseHttp1 = async (clock: Clock, secureContext: SecureContext, signal: AbortSignal): Promise<void> => {
  await using dns = await answeringDns()
  await using server = await listening(createHttp1Server((_request, response) => response.end('x')))
  const client = createClient({
    url: `http://${name}:${server.port}/`,
    method: 'GET',
    fields,
    body: undefined,
    resolver: dnsResolver({ host: loopback, port: dns.port }, patienceMs),
    secureContext,
    protocols: ['http/1.1'],
    notes: [],
    attemptTimeoutMs: patienceMs,
    deadline: () => signal,
    clock,
    nowMs: clock,
    random: (bytes) => Buffer.alloc(bytes, 1),
  })
  for (let round = 0; round < rounds; round++) await client.run('cold')
  client.close()
}

const rehearseHttp2 = async (clock: Clock, signal: AbortSignal): Promise<void> => {
  await using server = await listening(createHttp2Server((_request, response) => response.end('x')))
  const target = { addresses: [loopback], port: server.port, attemptTimeoutMs: patienceMs }
  const connection = http2Connection(await connect({ ...target, signal, clock, onAttempt: () => undefined }), name)
  const nothing = { sent: () => undefined, head: () => undefined, data: () => undefined }
  await connection.exchange(
    { method: 'GET', scheme: 'https', authority: name, path: '/', fields, body: undefined },
    nothing,
    signal,
  )
  connection.close()
}

interface Listening extends AsyncDisposable {
  readonly port: number
}

const listening = async (server: Server): Promise<Listening> => {
  server.listen(0, loopback)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}

/** Answers every question with an address of its own. */
const answeringDns = async (): Promise<Listening> => {
  const socket = createSocket('udp4')
  socket.on('message', (bytes, from) => {
    const query = decodeMessage(bytes)
    const answers = query.questions
      .filter(({ type }) => type === 'A')
      .map((question) => ({ ...question, type: 'A' as const, ttlSeconds: 1, address: loopback }))
    socket.send(encodeMessage({ ...query, isResponse: true, answers }), from.port, from.address)
  })
  socket.bind(0, loopback)
  await once(socket, 'listening')
  return {
    port: socket.address().port,
    [Symbol.asyncDispose]: async () => void socket.close(),
  }
}
