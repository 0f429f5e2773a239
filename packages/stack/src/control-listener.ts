/** How another terminal asks and steers a running stack: HTTP on loopback, for who can read the token. */
import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { RoundtripError, toRoundtripError } from '@roundtrip/errors'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { DatabaseControl, FailoverOptions } from './database-control.ts'
import type { Instance, StackAddresses, StatusRow } from './stack.ts'

/** What can be asked of one instance. */
export const instanceActions = ['stop', 'start', 'restart', 'kill', 'pause', 'resume'] as const
export type InstanceAction = (typeof instanceActions)[number]

export interface ControlledStack {
  status(): Promise<StatusRow[]>
  addresses(): StackAddresses
  readonly database: DatabaseControl
  /** @throws RoundtripError `USAGE` for an unknown name */
  instance(name: string): Instance
  /** Begins to stop everything; does not wait. */
  beginStop(): void
}

export interface ControlListener {
  readonly url: string
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

const notFound: Answer = { status: 404, body: { code: 'NOT_FOUND', message: 'There is nothing at this address.' } }

export const listenForControl = async (stack: ControlledStack, token: string): Promise<ControlListener> => {
  const server = createServer((request, response) => {
    answerTo(request, stack, token)
      .catch((error: unknown): Answer => {
        const { code, status, message } = toRoundtripError(error)
        return { status, body: { code, message } }
      })
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
        response.end(`${JSON.stringify(body)}\n`)
      })
      .catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => close(server) }
}

const close = async (server: Server): Promise<void> => {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  await closed
}

/** Also keeps web pages out: a browser adds no such header to a cross-site request without asking first. */
const isAuthorized = (request: IncomingMessage, token: string): boolean => {
  const given = Buffer.from(request.headers.authorization ?? '')
  const expected = Buffer.from(`Bearer ${token}`)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

const answerTo = async (request: IncomingMessage, stack: ControlledStack, token: string): Promise<Answer> => {
  if (!isAuthorized(request, token)) return { status: 401, body: { code: 'UNAUTHORIZED', message: 'Wrong token.' } }
  switch (`${request.method} ${request.url}`) {
    case 'GET /status':
      return { status: 200, body: await stack.status() }
    case 'GET /topology':
      return { status: 200, body: stack.addresses() }
    case 'GET /database':
      return { status: 200, body: await stack.database.status() }
    case 'POST /database/failover':
      return { status: 200, body: await stack.database.failover(await failoverOptionsIn(request)) }
    case 'POST /stop':
      stack.beginStop()
      return { status: 202, body: { stopping: true } }
    default:
      return answerToAction(request, stack)
  }
}

const failoverOptions = Type.Object(
  { to: Type.Optional(Type.String()), acceptLoss: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
)

/** Of who has the token: nobody sends more than a line. @throws RoundtripError `BAD_REQUEST` */
const failoverOptionsIn = async (request: IncomingMessage): Promise<FailoverOptions> => {
  const body: unknown = await json(request).catch(() => undefined)
  if (Value.Check(failoverOptions, body)) return body
  throw new RoundtripError('BAD_REQUEST', 'Send {"to": name of a replica, "acceptLoss": true or false}, or {}.')
}

const answerToAction = async ({ method, url = '' }: IncomingMessage, stack: ControlledStack): Promise<Answer> => {
  const [, name, action] = /^\/instances\/([a-z0-9-]+)\/([a-z]+)$/.exec(url) ?? []
  const known = instanceActions.find((candidate) => candidate === action)
  if (method !== 'POST' || name === undefined || known === undefined) return notFound
  const instance = stack.instance(name)
  await instance[known]()
  return { status: 200, body: { name, state: instance.state } }
}
