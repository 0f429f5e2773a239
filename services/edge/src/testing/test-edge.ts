/** An edge on free ports in front of next hops that a test decides about, and clients that speak to it. */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect as connectHttp2, type ClientHttp2Session, type OutgoingHttpHeaders } from 'node:http2'
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { loadSettings } from '@roundtrip/config'
import type { Component, Surroundings } from '@roundtrip/service'
import { onTestFinished } from 'vitest'
import { edgeSettings, type EdgeSettings } from '../config.ts'
import { startEdge } from '../start.ts'
import { workAlone } from '../workers/workplace.ts'

export const certificateFile = `${import.meta.dirname}/certificate.pem`
export const keyFile = `${import.meta.dirname}/key.pem`
export const ca = readFileSync(certificateFile)
export const host = 'www.roundtrip.test'

type Logger = Surroundings<EdgeSettings>['log']

export interface LogLine {
  readonly level: string
  readonly message: string
  readonly [fact: string]: unknown
}

export const recordingLog = (): { log: Logger; lines: LogLine[] } => {
  const lines: LogLine[] = []
  const at = (level: string) => (facts: object, message: string) => void lines.push({ ...facts, level, message })
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  return { log: log as unknown as Logger, lines }
}

export interface TestEdge {
  readonly component: Component
  readonly lines: LogLine[]
  readonly httpsPort: number
  readonly httpPort: number
}

/** A settings file that goes with the test. JSON is YAML too. @returns its path */
export const settingsFile = (settings: object): string => {
  const folder = mkdtempSync(join(tmpdir(), 'edge-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'edge.yaml')
  writeFileSync(file, JSON.stringify(settings))
  return file
}

/** Settings are given as in the environment; the edge is closed when the test has finished. */
export const startTestEdge = async (
  upstreams: readonly string[],
  environment: Record<string, string> = {},
): Promise<TestEdge> => {
  const settings = loadSettings('EDGE', edgeSettings, {
    EDGE_HTTPS_PORT: '0',
    EDGE_HTTP_PORT: '0',
    EDGE_CERTIFICATE_FILE: certificateFile,
    EDGE_KEY_FILE: keyFile,
    EDGE_UPSTREAMS: upstreams.join(','),
    EDGE_HOSTS: `${host},127.0.0.1`,
    ...environment,
  })
  const { log, lines } = recordingLog()
  const component = await startEdge({ settings, log, instance: 'edge-1' }, workAlone(log, 3_600_000))
  onTestFinished(() => component.close())
  const portOf = (name: string): number => Number(new URL(component.listeners[name] ?? '').port)
  return { component, lines, httpsPort: portOf('https'), httpPort: portOf('http') }
}

/** A next hop that lives until the test has finished; it answers health checks itself. @returns its origin */
export const startOrigin = async (
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<string> => {
  const server = createServer((request, response) => {
    if (request.url === '/health/web') response.end('ok')
    else void answer(request, response)
  })
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export interface Reply {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
}

export interface Ask extends RequestOptions {
  readonly body?: Readable | string
}

const replyOf = async (response: IncomingMessage): Promise<Reply> => ({
  status: response.statusCode ?? 0,
  headers: response.headers,
  text: await text(response),
})

/** One request over HTTP/1.1 and TLS, on a connection of its own unless an agent is given. */
export const ask = async ({ httpsPort }: TestEdge, path: string, { body, ...options }: Ask = {}): Promise<Reply> => {
  const request = httpsRequest({
    host: '127.0.0.1',
    port: httpsPort,
    path,
    ca,
    servername: host,
    agent: new Agent(),
    ...options,
    headers: { host, ...(options.headers as object) },
  })
  if (body === undefined || typeof body === 'string') request.end(body)
  else body.pipe(request)
  // The edge may answer and close before all content is sent.
  request.on('error', () => undefined)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return replyOf(response)
}

/** One request to the plain HTTP listener. */
export const askPlain = async ({ httpPort }: TestEdge, path: string, headers: OutgoingHttpHeaders): Promise<Reply> => {
  const request = httpRequest({ host: '127.0.0.1', port: httpPort, path, headers, agent: false })
  const [response] = (await once(request.end(), 'response')) as [IncomingMessage]
  return replyOf(response)
}

export const connectSession = ({ httpsPort }: TestEdge): ClientHttp2Session => {
  const session = connectHttp2(`https://127.0.0.1:${httpsPort}`, { ca, servername: host })
  onTestFinished(() => session.destroy())
  return session
}

/** One request over HTTP/2. */
export const askHttp2 = async (
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string,
): Promise<Reply> => {
  const stream = session.request({ ':authority': host, ...headers }, { endStream: body === undefined })
  if (body !== undefined) stream.end(body)
  const [head] = (await once(stream, 'response')) as [Record<string, string | undefined>]
  return { status: Number(head[':status']), headers: head, text: await text(stream) }
}

/** A bare TLS connection that has agreed on HTTP/1.1. */
export const connectRaw = async ({ httpsPort }: TestEdge, options: ConnectionOptions = {}): Promise<TLSSocket> => {
  const socket = connectTls({
    host: '127.0.0.1',
    port: httpsPort,
    ca,
    servername: host,
    ALPNProtocols: ['http/1.1'],
    ...options,
  })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'secureConnect')
  socket.on('error', () => undefined)
  return socket
}

/** Sends octets as they are and returns all that comes back until the edge closes. */
export const exchangeRaw = async (edge: TestEdge, octets: string): Promise<string> => {
  const socket = await connectRaw(edge)
  socket.write(octets)
  return text(socket)
}
