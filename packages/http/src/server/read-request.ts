/** From node's request objects to ours: the checks of RFC 9112 §3 and RFC 9113 §8 that node leaves to the application. */
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { RoundtripError } from '@roundtrip/errors'
import { Fields } from '../fields.ts'
import type { Downstream, HttpRequest } from '../message.ts'
import { isAuthority, isFieldName, isFieldValue, isMethod, isTarget } from '../message-rules.ts'

export type NodeRequest = IncomingMessage | Http2ServerRequest

const refuse = (detail: string): never => {
  throw new RoundtripError('BAD_REQUEST', detail)
}

const isHttp2 = (request: NodeRequest): request is Http2ServerRequest => request.httpVersionMajor === 2

/**
 * Reads one request message.
 *
 * @throws RoundtripError `BAD_REQUEST` when the message could be read in more than one way
 */
export const readRequest = (request: NodeRequest, scheme: 'http' | 'https'): HttpRequest => {
  const all = Fields.fromRaw(request.rawHeaders)
  const fields = readFields(all, isHttp2(request))
  const { target, authority } = isHttp2(request)
    ? { target: all.get(':path') ?? '', authority: authorityOf(all) }
    : targetOf(request, all)
  const method = request.method ?? ''
  if (!isMethod(method)) refuse('The method holds a character that is not allowed.')
  if (!isAuthority(authority)) refuse('The request names no valid host.')
  if (!isTarget(target)) refuse('The request target must be a path, percent-encoded and without a fragment.')
  if (target === '*' && method !== 'OPTIONS') refuse('Only OPTIONS may ask for *.')
  return {
    method,
    target,
    scheme,
    authority: authority.toLowerCase(),
    fields,
    body: hasBody(request, fields) ? request : undefined,
    httpVersion: isHttp2(request) ? '2' : request.httpVersion === '1.0' ? '1.0' : '1.1',
  }
}

const readFields = (all: Fields, isFromHttp2: boolean): Fields => {
  const fields = Fields.of()
  for (const [name, value] of all) {
    if (isFromHttp2 && name.startsWith(':')) continue
    if (!isFieldName(name)) refuse('A field name holds a character that is not allowed.')
    if (!isFieldValue(value)) refuse(`The field ${name} holds a character that is not allowed.`)
    if (name !== 'host') fields.append(name, value)
  }
  // HTTP/2 clients may send one cookie a line for better compression; HTTP/1.1 has only one line (RFC 9113 §8.2.3).
  const cookies = fields.getAll('cookie')
  if (isFromHttp2 && cookies.length > 1) fields.set('cookie', cookies.join('; '))
  return fields
}

const hostOf = (fields: Fields): string | undefined => {
  const hosts = fields.getAll('host')
  if (hosts.length > 1) refuse('The request has more than one Host field.')
  return hosts[0]?.trim()
}

/** A Host that contradicts `:authority` is refused, as RFC 9113 §8.3.1 lets us: the next hop might believe the other. */
const authorityOf = (fields: Fields): string => {
  const host = hostOf(fields)
  const authority = fields.get(':authority') ?? host ?? ''
  if (host !== undefined && host.toLowerCase() !== authority.toLowerCase()) {
    refuse('Host and :authority name different hosts.')
  }
  return authority
}

/** Absolute-form wins over Host (RFC 9112 §3.2.2). HTTP/1.0 without Host is refused like HTTP/1.1: hosts are virtual. */
const targetOf = (request: IncomingMessage, fields: Fields): { target: string; authority: string } => {
  const host = hostOf(fields) ?? ''
  const url = request.url ?? '/'
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url)
  if (absolute === null) return { target: url, authority: host }
  const [, authority = '', rest = ''] = absolute
  return { target: rest.startsWith('/') ? rest : `/${rest}`, authority }
}

const hasBody = (request: NodeRequest, fields: Fields): boolean => {
  if (isHttp2(request)) return !request.stream.endAfterHeaders
  return fields.has('transfer-encoding') || Number(fields.get('content-length') ?? 0) > 0
}

/** HTTP/2 hands out a proxy of its socket that answers for properties, but not to `in` or `instanceof`. */
const isTls = (socket: Socket | TLSSocket): socket is TLSSocket =>
  typeof (socket as Partial<TLSSocket>).getCipher === 'function'

/** The client's side of the connection. */
export const readDownstream = (request: NodeRequest): Downstream => {
  const socket = isHttp2(request) ? request.stream.session?.socket : request.socket
  const address = (socket?.remoteAddress ?? '').replace(/^::ffff:/, '')
  const port = socket?.remotePort ?? 0
  if (socket === undefined || !isTls(socket)) return { address, port }
  return {
    address,
    port,
    tls: {
      protocol: socket.getProtocol() ?? 'unknown',
      cipher: socket.getCipher()?.name ?? 'unknown',
      resumed: socket.isSessionReused(),
      ...(typeof socket.servername === 'string' && { serverName: socket.servername }),
    },
  }
}
