/** What became of the requests that a member was given, in plain numbers since it joined. */
import type { ErrorCode, RoundtripError } from '@roundtrip/errors'

export interface MemberCounters {
  /** Attempts begun. */
  requests: number
  /** Answers below 500. */
  successes: number
  /** Answers of 500 and above. */
  responses5xx: number
  /** Attempts without an answer, by error code; what the client called off is not among them. */
  failures: Partial<Record<ErrorCode, number>>
  /** Attempts that followed another one at the same request. */
  retries: number
  /** Attempts sent beside one that took long. */
  hedges: number
  ejections: number
}

export const newCounters = (): MemberCounters => ({
  requests: 0,
  successes: 0,
  responses5xx: 0,
  failures: {},
  retries: 0,
  hedges: 0,
  ejections: 0,
})

/** How an attempt speaks for or against the member; `unanswered` is a gateway error without an answer, `none` is not its doing. */
export type Outcome = 'success' | 'server-error' | 'gateway-error' | 'unanswered' | 'none'

const isGatewayStatus = (status: number): boolean => status === 502 || status === 503 || status === 504

export const outcomeOfStatus = (status: number): Outcome =>
  status < 500 ? 'success' : isGatewayStatus(status) ? 'gateway-error' : 'server-error'

/** A client that left or sent nonsense, and our own limits, say nothing about the member. */
export const outcomeOfError = ({ source, code }: RoundtripError): Outcome => {
  if (source !== 'upstream' || code === 'UPSTREAM_OVERLOADED') return 'none'
  return code === 'UPSTREAM_INVALID' ? 'gateway-error' : 'unanswered'
}
