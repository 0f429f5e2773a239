/** Gives each attempt what is left of the time for an answer, and tells the next hop how much that is. */
import { RoundtripError } from '@roundtrip/errors'
import { parseRequestTimeout, requestTimeoutField, type HttpLayer, type HttpRequest } from '@roundtrip/http'
import { attemptOf } from './attempt.ts'

export interface DeadlineOptions {
  /** Longest time from the head of a request to the head of its response, all attempts together; asked for each attempt. */
  readonly timeoutMs: () => number
  /** Longest time of one attempt whose pool does not say `retry.perTryTimeoutMs`, so that silence leaves some for another; all there is when absent. */
  readonly attemptTimeoutMs?: () => number
  /**
   * Whether whoever sent the request may leave less: a hop of ours. A client may not, for members that it had called off
   * after a millisecond would count as too slow, and be ejected.
   */
  readonly heedsSender: boolean
}

/** For the way back: the next hop shall be the one to say that the time is over. */
const answerMs = (waitMs: number): number => Math.min(50, waitMs / 10)

/**
 * Inside `retry`, which has less left each time, around `hedge`, whose attempts run side by side.
 * Rejects with `DEADLINE_EXCEEDED` what is too late to be begun.
 */
export const deadline =
  ({ timeoutMs, attemptTimeoutMs = () => Infinity, heedsSender }: DeadlineOptions): HttpLayer =>
  (next) =>
  (request, context) => {
    const givenMs = heedsSender ? givenBySender(request) : Infinity
    const leftMs = Math.min(timeoutMs(), givenMs) - context.elapsedMs
    if (leftMs <= 0) return Promise.reject(new RoundtripError('DEADLINE_EXCEEDED'))
    const attempt = attemptOf(request)
    const waitMs = Math.min(attempt.firstByteTimeoutMs ?? attemptTimeoutMs(), leftMs)
    const toldMs = Math.max(1, Math.floor(waitMs - answerMs(waitMs)))
    attempt.fields = request.fields.with(requestTimeoutField, toldMs)
    attempt.firstByteTimeoutMs = waitMs
    return next(attempt, context)
  }

const givenBySender = ({ fields }: HttpRequest): number =>
  parseRequestTimeout(fields.get(requestTimeoutField)) ?? Infinity
