/** From the environment and the file it names to what the edge does: read as a whole, checked as a whole, never half. */
import { loadSettingsFile, parseSettings, type Check } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import { largestObjectBytes } from '@roundtrip/http-cache'
import { poolSettingsOf, type PoolSettings } from '@roundtrip/upstream'
import type { EdgeSettings } from '../config.ts'
import { checkAddresses } from './check-addresses.ts'
import { checkCertificates } from './check-certificates.ts'
import { checkPools } from './check-pools.ts'
import { checkRoutes } from './check-routes.ts'
import { edgeFile, type EdgeFile } from './edge-file.ts'
import type { RouteSettings } from './route-settings.ts'

/** The pool that `EDGE_UPSTREAMS` makes. */
const defaultPool = 'web'

/**
 * What the file says; where it is silent about hosts, content length, or the pool `web`, the environment's short settings.
 * Cookies and fields that lead past the cache add up.
 *
 * @throws RoundtripError `SETTINGS_INVALID` with every problem of the file
 */
export const readEdgeFile = (settings: EdgeSettings): EdgeFile => {
  if (settings.settingsFile === undefined && settings.upstreams.length === 0) throw nowhereToGo()
  const check = fitsTogether(settings)
  const file =
    settings.settingsFile === undefined
      ? parseSettings(edgeFile, '{}', 'EDGE_UPSTREAMS', check)
      : loadSettingsFile(edgeFile, settings.settingsFile, check)
  return {
    ...file,
    routes: file.routes.map((route) => withBypass(route, settings)),
    hosts: file.hosts.length === 0 ? settings.hosts : file.hosts,
    limits: { ...file.limits, maxBodyBytes: file.limits.maxBodyBytes ?? settings.maxBodyBytes },
    pools: { ...(settings.upstreams.length > 0 && { [defaultPool]: poolFrom(settings) }), ...file.pools },
  }
}

/** Who may have changed what the cache keeps is known to the whole edge: a route cannot forget it. */
const withBypass = (route: RouteSettings, settings: EdgeSettings): RouteSettings => {
  const { bypass } = route.cache
  const cookies = [...bypass.cookies, ...settings.cacheBypassCookies]
  const fields = [...bypass.fields, ...settings.cacheBypassFields]
  return { ...route, cache: { ...route.cache, bypass: { ...bypass, cookies, fields } } }
}

const nowhereToGo = (): RoundtripError =>
  new RoundtripError(
    'SETTINGS_INVALID',
    'EDGE_UPSTREAMS is not set: expected one or more origins such as http://10.0.0.1:8080, or EDGE_SETTINGS_FILE with pools.',
  )

const fitsTogether =
  ({ upstreams, hosts }: EdgeSettings): Check<EdgeFile> =>
  (file, report) => {
    const pools = [...Object.keys(file.pools), ...(upstreams.length > 0 ? [defaultPool] : [])]
    const surroundings = {
      pools,
      hosts: file.hosts.length === 0 ? hosts : file.hosts,
      largestObjectBytes: largestObjectBytes(file.cache),
    }
    checkRoutes(file.routes, surroundings, report)
    checkPools(file.pools, report)
    checkAddresses(file, report)
    checkCertificates(file.tls, report)
  }

const poolFrom = (settings: EdgeSettings): PoolSettings =>
  poolSettingsOf(
    {
      members: settings.upstreams.map((origin) => ({ origin })),
      healthCheck: {
        path: settings.healthCheckPath,
        intervalMs: settings.healthCheckIntervalMs,
        timeoutMs: settings.healthCheckTimeoutMs,
        rise: settings.healthCheckRise,
        fall: settings.healthCheckFall,
      },
      timeouts: {
        connectMs: settings.connectTimeoutMs,
        firstByteMs: settings.firstByteTimeoutMs,
        idleMs: settings.bodyTimeoutMs,
      },
    },
    'EDGE_UPSTREAMS',
  )
