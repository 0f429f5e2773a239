/** Problem details (RFC 9457): the one shape in which every tier reports a failure to a client. */
import { STATUS_CODES } from 'node:http'
import type { ErrorCode, RoundtripError } from '@roundtrip/errors'
import { Fields } from './fields.ts'
import type { HttpResponse } from './message.ts'

export interface Problem {
  /** `about:blank`: the status says what kind it is; `code` tells ours apart. */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** Stable, from the table in `@roundtrip/errors`. */
  readonly code: ErrorCode
  readonly requestId: string
}

export const toProblem = (error: RoundtripError, requestId: string): Problem => ({
  type: 'about:blank',
  title: STATUS_CODES[error.status] ?? 'Error',
  status: error.status,
  detail: error.message,
  code: error.code,
  requestId,
})

/** Seconds after which a client may try again when the failure is likely to pass. */
const retryAfterSeconds = 1

export const problemResponse = (error: RoundtripError, requestId: string): HttpResponse => ({
  status: error.status,
  fields: Fields.of({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'retry-after': error.status === 503 && error.retryable ? retryAfterSeconds : undefined,
    allow: typeof error.details['allow'] === 'string' ? error.details['allow'] : undefined,
    'content-range': typeof error.details['contentRange'] === 'string' ? error.details['contentRange'] : undefined,
    // What is left of a refused body would otherwise be read as the next request.
    connection: error.status === 413 || error.status === 408 || error.code === 'BAD_REQUEST' ? 'close' : undefined,
  }),
  body: `${JSON.stringify(toProblem(error, requestId))}\n`,
})
