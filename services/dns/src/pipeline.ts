/** The DNS pipeline: every query passes these layers, outermost first. */
import type { Zone } from '@roundtrip/dns-wire'
import { compose } from '@roundtrip/pipeline'
import { authority } from './authority/authority.ts'
import type { DnsHandler, NamedDnsLayer } from './dns-request.ts'
import { dropUnanswerable } from './layers/drop-unanswerable.ts'
import { ednsVersion } from './layers/edns-version.ts'
import { errorResponse } from './layers/error-response.ts'
import { minimalAny } from './layers/minimal-any.ts'
import { queryLog } from './layers/query-log.ts'
import { rotateRrsets } from './layers/rotate-rrsets.ts'
import { truncate } from './layers/truncate.ts'
import { validate } from './layers/validate.ts'

export interface PipelineOptions {
  readonly zones: readonly Zone[]
  /** At least 0, below 1; `Math.random` outside of tests: it spreads load, it protects nothing. */
  readonly random: () => number
}

export const dnsPipeline = ({ zones, random }: PipelineOptions): DnsHandler => {
  const layers: readonly NamedDnsLayer[] = [
    // Outermost, to see what became of every message, silence included.
    ['query-log', queryLog()],
    // Around everything that decodes, looks up or encodes, so that whatever is thrown becomes an answer.
    ['error-response', errorResponse()],
    // Before anything can answer: two servers that answer each other's answers would never stop.
    ['drop-unanswerable', dropUnanswerable()],
    // Around all that answers, for the size limit holds for every answer.
    ['truncate', truncate()],
    // Before the question is trusted to be there.
    ['validate', validate()],
    // After validate, which tells what is no query at all; before any part of the query is acted on.
    ['edns-version', ednsVersion()],
    // Around the authority, of whose whole answer it keeps a part.
    ['minimal-any', minimalAny()],
    // Innermost, so that a set that is cut down or truncated has been turned already.
    ['rotate-rrsets', rotateRrsets({ random })],
  ]
  return compose(layers, ['authority', authority({ zones })])
}
