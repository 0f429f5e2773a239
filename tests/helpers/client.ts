/** An HTTPS client that knows one edge of a target by address and trusts the target's own authority. */
import { isIP } from 'node:net'
import { Agent, request, type Dispatcher } from 'undici'
import type { Target } from './target.ts'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** @throws SyntaxError when the body is not JSON */
  json<T = Record<string, unknown>>(): T
}

export interface Ask {
  readonly method?: Dispatcher.HttpMethod
  readonly headers?: Record<string, string>
  readonly body?: Dispatcher.DispatchOptions['body']
  /** Sent as JSON, with its content type. */
  readonly json?: unknown
  /** Gives the answer up. */
  readonly signal?: AbortSignal
}

export interface Client {
  (path: string, ask?: Ask): Promise<Reply>
  close(): Promise<void>
}

export interface ClientOptions {
  /** Which point of presence to talk to; the first by default. */
  readonly edge?: number
  readonly http2?: boolean
}

/** @param target whose edge is asked, under the public name */
export const clientOf = (
  target: Pick<Target, 'ca' | 'publicName' | 'edges'>,
  { edge = 0, http2 = false }: ClientOptions = {},
): Client => {
  const { host, httpsPort } = at(target.edges, edge)
  const agent = new Agent({
    allowH2: http2,
    connect: {
      ca: target.ca,
      lookup: (_name, { all }, found) => {
        if (all) found(null, [{ address: host, family: isIP(host) }])
        else found(null, host, isIP(host))
      },
    },
  })
  const ask = async (path: string, { method = 'GET', headers = {}, body, json, signal }: Ask = {}): Promise<Reply> => {
    const reply = await request(`https://${target.publicName}:${httpsPort}${path}`, {
      dispatcher: agent,
      method,
      headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: json === undefined ? (body ?? null) : JSON.stringify(json),
      signal: signal ?? null,
    })
    const text = await reply.body.text()
    return { status: reply.statusCode, headers: reply.headers, text, json: <T>() => JSON.parse(text) as T }
  }
  return Object.assign(ask, { close: () => agent.close() })
}

/** The element at an index that must exist. */
export const at = <T>(list: readonly T[], index: number): T => {
  const element = list[index]
  if (element === undefined) throw new Error(`expected at least ${index + 1} elements, found ${list.length}`)
  return element
}
