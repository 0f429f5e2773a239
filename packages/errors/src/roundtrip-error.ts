/** The one error type of the project: what went wrong, whose fault it was, and whether trying again can help. */
import { codes, type ErrorCode, type ErrorSource } from './codes.ts'

export interface RoundtripErrorOptions {
  /** Whose side failed; defaults to the code's own entry. */
  source?: ErrorSource
  /** The error underneath, kept for the log, never shown to a client. */
  cause?: unknown
  /** Facts for the log and for problem details, e.g. `{ limitBytes: 1024 }`. */
  details?: Readonly<Record<string, unknown>>
}

/**
 * An error with a stable code from the table in `codes.ts`. Its message is one sentence a person can act on;
 * `status` and `retryable` come from the table, so that no call site decides them anew.
 */
export class RoundtripError extends Error {
  readonly code: ErrorCode
  readonly source: ErrorSource
  readonly status: number
  readonly retryable: boolean
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message?: string, options: RoundtripErrorOptions = {}) {
    const entry = codes[code]
    super(message ?? entry.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'RoundtripError'
    this.code = code
    this.source = options.source ?? entry.source
    this.status = entry.status
    this.retryable = entry.retryable
    this.details = options.details ?? {}
  }
}

/** The error itself when it is one of ours, else wrapped as `INTERNAL` with the original as its cause. */
export const toRoundtripError = (error: unknown): RoundtripError =>
  error instanceof RoundtripError ? error : new RoundtripError('INTERNAL', undefined, { cause: error })
