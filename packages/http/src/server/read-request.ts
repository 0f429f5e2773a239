/** From node's request objects to ours: the checks of RFC 9112 §3 and RFC 9113 §8 that node leaves to the application. */
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { RoundtripError } from '@roundtrip/errors'
import { Fields } from '../fields.ts'
import type { Downstream, HttpRequest } from '../message.ts'

export type NodeRequest = IncomingMessage | Http2ServerRequest

/** reg-name, IPv4 or bracketed IPv6 with an optional port (RFC 3986 §3.2.2); no userinfo, no empty host. */
const authorityPattern = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._~!$&'()*+,;=%-]+)(?::\d{0,5})?$/i
/** field-value without the octets that would end a line further on (RFC 9110 §5.5). */
// oxlint-disable-next-line no-control-regex -- control characters are exactly what this refuses
const forbiddenInValue = /[\u0000-\u0008\u000A-\u001F\u007F]/
const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/

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
  const fields = Fields.of()
  for (const [name, value] of all) {
    if (name.startsWith(':')) continue
    if (!token.test(name)) refuse('A field name holds a character that is not allowed.')
    if (forbiddenInValue.test(value)) refuse(`The field ${name} holds a control character.`)
    if (name !== 'host') fields.append(name, value)
  }
  const { target, authority } = isHttp2(request)
    ? { target: request.url, authority: all.get(':authority') ?? hostOf(all) }
    : targetOf(request, all)
  if (!authorityPattern.test(authority)) refuse('The request names no valid host.')
  if (target !== '*' && !target.startsWith('/')) refuse('The request target must be a path.')
  return {
    method: request.method ?? 'GET',
    target,
    scheme,
    authority: authority.toLowerCase(),
    fields,
    body: hasBody(request, fields) ? request : undefined,
    httpVersion: isHttp2(request) ? '2' : request.httpVersion === '1.0' ? '1.0' : '1.1',
  }
}

const hostOf = (fields: Fields): string => {
  const hosts = fields.getAll('host')
  if (hosts.length > 1) refuse('The request has more than one Host field.')
  return hosts[0]?.trim() ?? ''
}

/** Absolute-form wins over Host (RFC 9112 §3.2.2). */
const targetOf = (request: IncomingMessage, fields: Fields): { target: string; authority: string } => {
  const host = hostOf(fields)
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

/** The client's side of the connection. */
export const readDownstream = (request: NodeRequest): Downstream => {
  const socket = isHttp2(request) ? request.stream.session?.socket : request.socket
  const address = (socket?.remoteAddress ?? '').replace(/^::ffff:/, '')
  const port = socket?.remotePort ?? 0
  if (socket === undefined || !('getCipher' in socket)) return { address, port }
  const tls = socket as TLSSocket
  return {
    address,
    port,
    tls: {
      protocol: tls.getProtocol() ?? 'unknown',
      cipher: tls.getCipher()?.name ?? 'unknown',
      resumed: tls.isSessionReused(),
      ...(typeof tls.servername === 'string' && { serverName: tls.servername }),
    },
  }
}
