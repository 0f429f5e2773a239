/** The admin API's listener: JSON over plain HTTP on an internal address, for operators and for Prometheus. */
import { timingSafeEqual, createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import { RoundtripError, toRoundtripError } from '@roundtrip/errors'
import { toProblem, type Log } from '@roundtrip/http'
import { nearest } from '@roundtrip/config'
import { addressOf } from '@roundtrip/service'

export interface AdminRequest {
  readonly query: URLSearchParams
  /** What the placeholders of the path stand for. */
  readonly parameters: Readonly<Record<string, string>>
  /** The JSON object sent with a POST; empty without content. */
  readonly body: Readonly<Record<string, unknown>>
}

/** A string is sent as Prometheus' text; anything else as JSON. */
export type AdminHandler = (request: AdminRequest) => Promise<unknown>

/** `GET /pools/:pool` and what answers it. */
export type AdminRoutes = Readonly<Record<string, AdminHandler>>

export interface AdminOptions {
  readonly host: string
  readonly port: number
  /** Asked for as `Authorization: Bearer …`; without one, whoever reaches the address may ask. */
  readonly token: string | undefined
  readonly routes: AdminRoutes
  readonly log: Log
}

export interface AdminListener {
  readonly address: string
  close(): void
}

const maxBodyBytes = 65_536

/** @throws the error of `listen` */
export const listenForAdmin = async (options: AdminOptions): Promise<AdminListener> => {
  const routes = Object.entries(options.routes).map(([pattern, handler]) => ({ ...parsePattern(pattern), handler }))
  const server: Server = createServer((incoming, out) => {
    answer(incoming, routes, options).then(
      (content) => send(out, 200, content),
      (thrown: unknown) => {
        const error = toRoundtripError(thrown)
        if (error.source === 'internal') options.log.error({ error }, `the admin API failed: ${error.message}`)
        send(out, error.status, toProblem(error, 'admin'))
      },
    )
  })
  server.listen(options.port, options.host)
  await once(server, 'listening')
  return {
    address: addressOf(server),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

interface Route {
  readonly pattern: string
  readonly method: string
  readonly segments: readonly string[]
  readonly handler: AdminHandler
}

const parsePattern = (pattern: string): Omit<Route, 'handler'> => {
  const [method = '', path = ''] = pattern.split(' ')
  return { pattern, method, segments: path.split('/') }
}

const answer = async (
  incoming: IncomingMessage,
  routes: readonly Route[],
  { token }: AdminOptions,
): Promise<unknown> => {
  refuseStrangers(incoming, token)
  const url = URL.parse(incoming.url ?? '/', 'http://admin')
  const segments = url === null ? undefined : segmentsOf(url)
  if (url === null || segments === undefined) throw new RoundtripError('BAD_REQUEST', 'The path cannot be read.')
  for (const { method, segments: wanted, handler } of routes) {
    const parameters = method === incoming.method ? fit(wanted, segments) : undefined
    if (parameters === undefined) continue
    return handler({ query: url.searchParams, parameters, body: await bodyOf(incoming) })
  }
  const asked = `${incoming.method} ${url.pathname}`
  const guess = nearest(
    asked,
    routes.map(({ pattern }) => pattern),
  )
  throw new RoundtripError(
    'NOT_FOUND',
    `The admin API has no ${asked}${guess === undefined ? '.' : `: did you mean ${guess}?`} GET / lists what it has.`,
  )
}

const fit = (wanted: readonly string[], segments: readonly string[]): Record<string, string> | undefined => {
  if (wanted.length !== segments.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith(':')) parameters[part.slice(1)] = segment
    else if (part !== segment) return undefined
  }
  return parameters
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * A page in an operator's browser can send requests to loopback addresses too: it names its Origin, or, after
 * rebinding a name of its own to our address, that name as the host.
 */
const refuseStrangers = ({ headers, socket }: IncomingMessage, token: string | undefined): void => {
  const host = (headers.host ?? '').replace(/:\d*$/, '').replaceAll(/[[\]]/g, '')
  const isOurs = isIP(host) !== 0 || host === 'localhost' || !isLoopback(socket.localAddress)
  if (headers.origin !== undefined || !isOurs) {
    throw new RoundtripError('FORBIDDEN', 'The admin API does not answer web pages.')
  }
  if (token === undefined) return
  const given = (headers.authorization ?? '').replace(/^Bearer /i, '')
  if (timingSafeEqual(digest(given), digest(token))) return
  throw new RoundtripError(
    'FORBIDDEN',
    'The admin API wants its token: Authorization: Bearer …, as in EDGE_ADMIN_TOKEN.',
  )
}

const isLoopback = (address: string | undefined): boolean => /^(?:::ffff:)?127\.|^::1$/.test(address ?? '')

/** Undefined where an escape stands for nothing. */
const segmentsOf = ({ pathname }: URL): string[] | undefined => {
  try {
    return pathname.split('/').map((segment) => decodeURIComponent(segment))
  } catch {
    return undefined
  }
}

/** @throws RoundtripError `BODY_TOO_LARGE` */
const read = async (incoming: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > maxBodyBytes) throw new RoundtripError('BODY_TOO_LARGE')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

const bodyOf = async (incoming: IncomingMessage): Promise<Record<string, unknown>> => {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBodyBytes) throw new RoundtripError('BODY_TOO_LARGE')
  const text = await read(incoming)
  if (text.trim() === '') return {}
  const content = parse(text)
  if (typeof content === 'object' && content !== null && !Array.isArray(content))
    return content as Record<string, unknown>
  throw new RoundtripError('BAD_REQUEST', 'The content is not a JSON object.')
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new RoundtripError('BAD_REQUEST', 'The content is not JSON.', { cause })
  }
}

const send = (out: ServerResponse, status: number, content: unknown): void => {
  const text = typeof content === 'string' ? content : `${JSON.stringify(content)}\n`
  const type = typeof content === 'string' ? 'text/plain; version=0.0.4; charset=utf-8' : 'application/json'
  out.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(text),
  })
  out.end(text)
}
