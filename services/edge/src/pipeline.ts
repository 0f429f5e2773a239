/** The way of a request through the edge, top to bottom: the first layer is the outermost. */
import { compose } from '@roundtrip/pipeline'
import {
  accessLog,
  bodyLimit,
  errorResponse,
  requestId,
  serverTiming,
  type HttpHandler,
  type NamedHttpLayer,
} from '@roundtrip/http'
import { retry } from '@roundtrip/upstream'
import type { EdgeSettings } from './config.ts'
import { allowedHosts } from './layers/allowed-hosts.ts'
import { clientAddress } from './layers/client-address.ts'
import { forwarding } from './layers/forwarding.ts'
import { methods } from './layers/methods.ts'
import { privatePaths } from './layers/private-paths.ts'
import { redirectToHttps } from './layers/redirect-to-https.ts'
import { strictTransportSecurity } from './layers/strict-transport-security.ts'

export interface EdgePipelineOptions {
  readonly settings: Pick<EdgeSettings, 'hosts' | 'maxBodyBytes'>
  readonly instance: string
  readonly publicHttpsPort: number
  /** The terminal: chooses a next hop. */
  readonly forward: HttpHandler
}

export const edgeLayers = (options: Omit<EdgePipelineOptions, 'forward'>): readonly NamedHttpLayer[] => {
  const { settings, instance, publicHttpsPort } = options
  return [
    // Around everything that answers: a client can quote the id of an error too.
    ['request-id', requestId()],
    // Around error-response: the line says what the client was sent.
    ['access-log', accessLog()],
    // Inside the log, around all work: the time it reports is the time until the head is ready.
    ['server-timing', serverTiming({ tier: 'edge', instance })],
    // Around error-response: errors are sent over TLS as well.
    ['strict-transport-security', strictTransportSecurity(publicHttpsPort)],
    // Whatever is thrown below becomes a response here.
    ['error-response', errorResponse()],
    // Before anything that asks who the client is. No proxy stands before this edge.
    ['client-address', clientAddress({ trustedHops: [], forwardingField: 'x-forwarded-for' })],
    // The cheap refusals first, before anything is read or sent on.
    ['allowed-hosts', allowedHosts(settings.hosts)],
    ['private-paths', privatePaths(['/health'])],
    ['methods', methods()],
    // After the refusals, as it begins to read; outside retry, as content can be counted only once.
    ['body-limit', bodyLimit(settings.maxBodyBytes)],
    // Outside retry: a second attempt must not name us twice.
    ['forwarding', forwarding()],
    // Directly around forward, which gives the second attempt to another member.
    ['retry', retry()],
  ]
}

export const edgePipeline = ({ forward, ...options }: EdgePipelineOptions): HttpHandler =>
  compose(edgeLayers(options), ['forward', forward])

/** What the plain HTTP listener does: refuse hosts that are not ours, send everybody else to HTTPS. */
export const redirectPipeline = ({ hosts }: Pick<EdgeSettings, 'hosts'>, publicHttpsPort: number): HttpHandler =>
  compose(
    [
      ['request-id', requestId()],
      ['access-log', accessLog()],
      ['error-response', errorResponse()],
      // A redirect to a host of the client's choice would lend our name to others.
      ['allowed-hosts', allowedHosts(hosts)],
    ],
    ['redirect-to-https', redirectToHttps(publicHttpsPort)],
  )
