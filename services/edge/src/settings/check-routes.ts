/** Finds routes that can never be taken, or do not say what they need: what no schema sees. */
import { nearest, type Place, type Report } from '@roundtrip/config'
import { defaultCacheSettings } from '@roundtrip/http-cache'
import { canonicalPath } from '../routing/canonical-path.ts'
import { hostOf } from '../routing/host-of.ts'
import type { RouteSettings } from './route-settings.ts'

export interface RouteSurroundings {
  /** Names of the pools there are. */
  readonly pools: readonly string[]
  /** Host names served; any when empty. */
  readonly hosts: readonly string[]
  /** What the store keeps of one response. */
  readonly largestObjectBytes: number
}

type Tell = (path: Place['path'], problem: string) => void

export const checkRoutes = (
  routes: readonly RouteSettings[],
  { pools, hosts, largestObjectBytes }: RouteSurroundings,
  report: Report,
): void => {
  const names = new Set<string>()
  const taken = new Map<string, string>()
  for (const [index, route] of routes.entries()) {
    const tell: Tell = (path, problem) => report({ path: ['routes', index, ...path], isKey: false }, problem)
    if (names.has(route.name)) tell(['name'], `${route.name} is there twice`)
    names.add(route.name)
    const match = matchOf(route)
    const other = taken.get(match)
    if (other !== undefined) tell([], `${route.name} takes the same requests as ${other}, which comes first`)
    else taken.set(match, route.name)
    checkPool(route, pools, tell)
    checkHosts(route, hosts, tell)
    checkPath(route, tell)
    checkMethods(route, tell)
    checkRateLimits(route, tell)
    checkObjectBytes(route, largestObjectBytes, tell)
  }
}

const matchOf = ({ hosts, path, exact, methods }: RouteSettings): string =>
  JSON.stringify([hosts.map(hostOf).toSorted(), path, exact, methods.toSorted()])

const checkPool = ({ pool }: RouteSettings, known: readonly string[], tell: Tell): void => {
  if (known.includes(pool)) return
  const guess = nearest(pool, known)
  const hint = guess === undefined ? 'pools and EDGE_UPSTREAMS make them' : `did you mean ${guess}?`
  tell(['pool'], `there is no pool ${pool}: ${hint}`)
}

const isHostName = (host: string): boolean => /^(?:\*\.)?[^\s/:*]+$|^\[[\da-fA-F:.]+\]$/.test(host)

const checkHosts = ({ hosts }: RouteSettings, served: readonly string[], tell: Tell): void => {
  const names = served.map(hostOf)
  const isServed = (host: string): boolean =>
    names.length === 0 ||
    (host.startsWith('*.') ? names.some((name) => name.endsWith(host.slice(1))) : names.includes(host))
  for (const [index, host] of hosts.entries()) {
    if (!isHostName(host)) tell(['hosts', index], `${host} is no host name: expected one such as www.example.com`)
    else if (!isServed(hostOf(host))) tell(['hosts', index], `${host} is not among the hosts served: add it to hosts`)
  }
}

/** Requests are compared in their canonical spelling, which another spelling never is. */
const checkPath = ({ path }: RouteSettings, tell: Tell): void => {
  const canonical = canonicalPath(path)
  if (canonical !== path) tell(['path'], `${path} is never matched: write ${canonical}`)
}

const checkMethods = ({ methods }: RouteSettings, tell: Tell): void => {
  for (const [index, method] of methods.entries()) {
    if (!/^[A-Z][A-Z-]*$/.test(method))
      tell(['methods', index], `${method} is no method: they are in capitals, such as GET`)
  }
}

const checkRateLimits = ({ rateLimit }: RouteSettings, tell: Tell): void => {
  const names = new Set<string>()
  for (const [index, { name, by, field, cost, quota, burst }] of rateLimit.policies.entries()) {
    const needsField = by === 'header' || by === 'cookie'
    if (needsField && field === undefined)
      tell(['rateLimit', 'policies', index], `the policy ${name} counts by ${by}: say which as field`)
    const atOnce = burst ?? quota
    if (cost > atOnce) {
      const which = burst === undefined ? 'quota, as burst is unset' : 'burst'
      const values = `takes ${cost} units a request, but only ${atOnce} may come at once (${which})`
      tell(['rateLimit', 'policies', index, 'cost'], `the policy ${name} ${values}: no request would ever pass`)
    }
    if (names.has(name)) tell(['rateLimit', 'policies', index, 'name'], `${name} is there twice in this route`)
    names.add(name)
  }
}

/** The default asks for nothing: the cache goes by what its store can keep. */
const checkObjectBytes = ({ cache }: RouteSettings, largestBytes: number, tell: Tell): void => {
  const { enabled, maxObjectBytes } = cache
  if (!enabled || maxObjectBytes <= largestBytes || maxObjectBytes === defaultCacheSettings.maxObjectBytes) return
  tell(
    ['cache', 'maxObjectBytes'],
    `${maxObjectBytes} is more than the store keeps of one response: ${largestBytes}, by cache.maxBytes and cache.disk`,
  )
}
