/** The key under which responses are stored (RFC 9111 §2): the target URI, with what does not matter taken off. */
import { ownCopy, remembered, type HttpRequest } from '@roundtrip/http'

export interface KeyRules {
  /** Query parameters that make no difference, e.g. `utm_*`; a star stands for any ending. None by default. */
  readonly ignoreQuery: readonly string[]
  /** Whether parameters in another order make the same key. */
  readonly sortQuery: boolean
}

export type KeyOf = (request: Pick<HttpRequest, 'scheme' | 'authority' | 'target'>) => string

const defaultPorts = { http: ':80', https: ':443' }

/** The authority in lower case, without the port that goes without saying (RFC 9110 §4.2.3). */
const normaliseAuthority = (scheme: 'http' | 'https', authority: string): string => {
  const lower = authority.toLowerCase()
  const port = defaultPorts[scheme]
  return lower.endsWith(port) ? lower.slice(0, -port.length) : lower
}

const isIgnored = (rules: KeyRules): ((name: string) => boolean) => {
  const exact = new Set(rules.ignoreQuery.filter((name) => !name.endsWith('*')))
  const prefixes = rules.ignoreQuery.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1))
  return (name) => exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix))
}

const normaliseTarget = (rules: KeyRules): ((target: string) => string) => {
  if (rules.ignoreQuery.length === 0 && !rules.sortQuery) return (target) => target
  const ignored = isIgnored(rules)
  return (target) => {
    const mark = target.indexOf('?')
    if (mark === -1) return target
    const kept = target
      .slice(mark + 1)
      .split('&')
      .filter((parameter) => !ignored(parameter.split('=', 1)[0] ?? ''))
    if (rules.sortQuery) kept.sort()
    return kept.length === 0 ? target.slice(0, mark) : `${target.slice(0, mark)}?${kept.join('&')}`
  }
}

/** Clients ask for few hosts, in few spellings. */
const rememberedOrigin = (scheme: 'http' | 'https'): ((authority: string) => string) =>
  remembered((authority) => ownCopy(`${scheme}://${normaliseAuthority(scheme, authority)}`))

export const keyBy = (rules: KeyRules): KeyOf => {
  const targetOf = normaliseTarget(rules)
  const originOf = { http: rememberedOrigin('http'), https: rememberedOrigin('https') }
  return ({ scheme, authority, target }) => originOf[scheme](authority) + targetOf(target)
}
