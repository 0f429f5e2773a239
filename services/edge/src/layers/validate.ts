/** What a request must satisfy before anything else looks at it: host, path, method, content (RFC 9110 §7.4, §9, §15.5). */
import { RoundtripError } from '@roundtrip/errors'
import { Fields, ownCopy, type HttpContext, type HttpLayer, type HttpRequest, type HttpResponse } from '@roundtrip/http'
import { hostOf } from '../routing/host-of.ts'
import { objectionTo, pathOf } from './path-policy.ts'
import { isPrivate } from './private-paths.ts'
import type { ValidateSettings } from './validate-settings.ts'

export interface ValidateOptions extends ValidateSettings {
  /** Host names this route is for, without port; any when empty. */
  readonly hosts: readonly string[]
  /**
   * Whether the certificate shown for a server name is valid for a host too: clients may then use one connection for both
   * (RFC 9113 §9.1.1). Where it is not, or this is absent and the names differ, the answer is 421.
   */
  readonly sharesCertificate?: (serverName: string, host: string) => boolean
}

type Check = (request: HttpRequest, context: HttpContext) => RoundtripError | undefined

const misdirected = (): RoundtripError => new RoundtripError('MISDIRECTED_REQUEST')

const hostCheck = (hosts: readonly string[]): Check => {
  const served = new Set(hosts.map(hostOf))
  // As most clients spell it first; a port, a last dot or capitals cost a little more.
  const isServed = (authority: string): boolean => served.has(authority) || served.has(hostOf(authority))
  return ({ authority }) => (served.size === 0 || isServed(authority) ? undefined : misdirected())
}

/** A connection opened for one name must not carry requests for another, which the client has not authenticated. */
const serverNameCheck =
  (sharesCertificate: ValidateOptions['sharesCertificate']): Check =>
  ({ authority }, { downstream: { tls } }) => {
    const serverName = tls?.serverName
    if (serverName === undefined || serverName === authority) return undefined
    const host = hostOf(authority)
    return host === serverName || sharesCertificate?.(serverName, host) === true ? undefined : misdirected()
  }

const objectionToPath = (target: string, settings: ValidateSettings): RoundtripError | undefined => {
  // What is private does not exist, whatever else is wrong with the way it is asked for.
  if (isPrivate(target, settings.privatePaths)) return new RoundtripError('NOT_FOUND')
  const objection = objectionTo(pathOf(target), settings)
  return objection === undefined ? undefined : new RoundtripError('BAD_REQUEST', objection)
}

/** Targets found good before: most requests are for few of them, and a new path costs more than a look-up. */
const maxRemembered = 2048

const maxRememberedBytes = 256

const targetCheck = (settings: ValidateSettings): Check => {
  const good = new Set<string>()
  return ({ target }) => {
    if (good.has(target)) return undefined
    if (target.length > settings.maxTargetBytes)
      return new RoundtripError('URI_TOO_LONG', undefined, { details: { limitBytes: settings.maxTargetBytes } })
    const refusal = objectionToPath(target, settings)
    if (refusal !== undefined) return refusal
    if (target.length > maxRememberedBytes) return undefined
    if (good.size >= maxRemembered) good.clear()
    good.add(ownCopy(target))
    return undefined
  }
}

/** CONNECT would make a tunnel of us; TRACE would show a script the fields that are hidden from it. */
const neverAllowed = new Set(['CONNECT', 'TRACE'])

/** What Allow says where any method is taken. */
const usualMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

const methodCheck = (methods: readonly string[], allow: string): Check => {
  const allowed = new Set(methods.filter((method) => !neverAllowed.has(method)))
  const isAllowed = (method: string): boolean =>
    methods.length === 0 ? !neverAllowed.has(method) : allowed.has(method)
  const refusal = (): RoundtripError => new RoundtripError('METHOD_NOT_ALLOWED', undefined, { details: { allow } })
  return ({ method }) => (isAllowed(method) ? undefined : refusal())
}

/**
 * Content without a meaning (RFC 9110 §9.3.1): some servers leave it on an HTTP/1 connection, to be read as the next request.
 * A stream of HTTP/2 that is merely still open has none, and whatever comes on it is nobody else's.
 */
const contentCheck: Check = ({ method, body, httpVersion }) =>
  body !== undefined && httpVersion !== '2' && (method === 'GET' || method === 'HEAD')
    ? new RoundtripError('BAD_REQUEST', `${method} has no use for content; send it with another method.`)
    : undefined

const checksOf = (options: ValidateOptions, allow: string): Check[] => [
  hostCheck(options.hosts),
  ...(options.serverNames === 'must-agree' ? [serverNameCheck(options.sharesCertificate)] : []),
  methodCheck(options.methods, allow),
  targetCheck(options),
  ...(options.contentOnRead === 'refuse' ? [contentCheck] : []),
]

/** `OPTIONS *` is about the server as a whole (RFC 9110 §9.3.7), so nobody behind it is asked. */
const aboutServer = (allow: string): HttpResponse => ({ status: 204, fields: Fields.of({ allow }), body: undefined })

/** Refuses; never mends: a request goes on with the meaning it came with, or not at all. */
export const validate = (options: ValidateOptions): HttpLayer => {
  const methods = options.methods.length === 0 ? usualMethods : options.methods
  const allow = methods.filter((method) => !neverAllowed.has(method)).join(', ')
  const checks = checksOf(options, allow)
  return (next) => (request, context) => {
    for (const check of checks) {
      const refusal = check(request, context)
      if (refusal !== undefined) return Promise.reject(refusal)
    }
    return request.target === '*' ? aboutServer(allow) : next(request, context)
  }
}
