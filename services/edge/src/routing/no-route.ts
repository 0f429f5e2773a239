/** The way of a request that no route of the settings wants: refused by its host, or not found. */
import { compose } from '@roundtrip/pipeline'
import { accessLog, errorResponse, requestId, type AccessLogOptions, type HttpHandler } from '@roundtrip/http'
import { RoundtripError } from '@roundtrip/errors'
import { allowedHosts } from '../layers/allowed-hosts.ts'

export const noRoutePipeline = (hosts: readonly string[], which: AccessLogOptions['which']): HttpHandler =>
  compose(
    [
      ['request-id', requestId()],
      ['access-log', accessLog({ ...(which !== undefined && { which }) })],
      ['error-response', errorResponse()],
      ['allowed-hosts', allowedHosts(hosts)],
    ],
    ['no-route', () => Promise.reject(new RoundtripError('NOT_FOUND', 'No route of this server leads there.'))],
  )
