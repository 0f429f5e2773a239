/** Which route of the settings a request belongs to: the most specific host, then path, then method. */
import { remembered, type HttpRequest } from '@roundtrip/http'
import { canonicalPath } from './canonical-path.ts'
import { hostOf } from './host-of.ts'

export interface Match {
  /** Host names, `*.roundtrip.test` for all directly or deeper below; any host when empty. */
  readonly hosts: readonly string[]
  /** A prefix that ends at a slash of the path; `/` is everything. */
  readonly path: string
  /** Whether the path must be the whole one. */
  readonly exact: boolean
  /** Any method when empty. */
  readonly methods: readonly string[]
}

interface Candidate<T> {
  readonly match: Match
  readonly value: T
}

/** Clients spell few hosts, in few ways. */
const mostHosts = 1024

/** Longest path first, an exact one before a prefix, one with methods before one without; else as listed. */
const bySpecificity = <T>({ match: a }: Candidate<T>, { match: b }: Candidate<T>): number =>
  b.path.length - a.path.length ||
  Number(b.exact) - Number(a.exact) ||
  Number(b.methods.length > 0) - Number(a.methods.length > 0)

const isBelow = (path: string, prefix: string): boolean =>
  path.startsWith(prefix) &&
  (prefix.endsWith('/') || path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f)

const fits = ({ path: wanted, exact, methods }: Match, path: string, method: string): boolean =>
  (exact ? path === wanted : isBelow(path, wanted)) && (methods.length === 0 || methods.includes(method))

/**
 * Hosts are decided first: a request for a host that has routes of its own never falls through to those of any host.
 *
 * @returns finds the value of a request's route; undefined where no route wants it
 */
export const createRouter = <T>(routes: readonly Candidate<T>[]): ((request: HttpRequest) => T | undefined) => {
  const byHost = new Map<string, Candidate<T>[]>()
  for (const route of routes) {
    for (const host of route.match.hosts.length === 0 ? ['*'] : route.match.hosts) {
      byHost.set(host.toLowerCase(), [...(byHost.get(host.toLowerCase()) ?? []), route])
    }
  }
  for (const candidates of byHost.values()) candidates.sort(bySpecificity)
  const routesFor = remembered((authority: string) => routesOf(hostOf(authority), byHost), mostHosts)
  return ({ authority, target, method }) => {
    const candidates = routesFor(authority)
    const [first] = candidates
    // Where all goes one way, nobody needs to look at the path.
    if (first !== undefined && candidates.length === 1 && takesAll(first.match)) return first.value
    const path = canonicalPath(target)
    for (const { match, value } of candidates) if (fits(match, path, method)) return value
    return undefined
  }
}

const takesAll = ({ path, exact, methods }: Match): boolean => path === '/' && !exact && methods.length === 0

const none: readonly never[] = []

const routesOf = <T>(host: string, byHost: ReadonlyMap<string, readonly Candidate<T>[]>): readonly Candidate<T>[] => {
  const exact = byHost.get(host)
  if (exact !== undefined) return exact
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
    const wildcard = byHost.get(`*${host.slice(dot)}`)
    if (wildcard !== undefined) return wildcard
  }
  return byHost.get('*') ?? none
}
