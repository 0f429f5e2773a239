/** The way of a request that no route of the settings wants: refused by its host, or not found. */
import { compose } from '@roundtrip/pipeline'
import { accessLog, errorResponse, requestId, type HttpHandler } from '@roundtrip/http'
import { RoundtripError } from '@roundtrip/errors'
import { allowedHosts } from '../layers/allowed-hosts.ts'
import { clientAddress } from '../layers/client-address.ts'
import { loadShed } from '../layers/load-shed.ts'
import type { SharedParts } from '../pipeline.ts'

export type NoRouteParts = Pick<SharedParts, 'accessLog' | 'clientAddress' | 'hosts' | 'shedder'>

export const noRoutePipeline = ({
  accessLog: which,
  clientAddress: trusted,
  hosts,
  shedder,
}: NoRouteParts): HttpHandler =>
  compose(
    [
      ['request-id', requestId()],
      // The log names who asks, not the proxy of ours that asks for them.
      ['client-address', clientAddress(trusted)],
      ['access-log', accessLog({ which })],
      ['error-response', errorResponse()],
      // First of all to go: what leads nowhere is nobody's loss.
      ['load-shed', loadShed({ shedder, priority: 'sheddable' })],
      ['allowed-hosts', allowedHosts(hosts)],
    ],
    ['no-route', () => Promise.reject(new RoundtripError('NOT_FOUND', 'No route of this server leads there.'))],
  )
