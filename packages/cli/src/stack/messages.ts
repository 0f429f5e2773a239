/** What a detached supervisor tells the command that started it, over the IPC channel, until it is ready. */
import { RoundtripError, codes, type ErrorCode } from '@roundtrip/errors'
import type { StackEvent } from '@roundtrip/stack'
import type { Report } from './report.ts'

export type SupervisorMessage =
  | { readonly type: 'event'; readonly event: StackEvent }
  | { readonly type: 'ready'; readonly report: Report }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }

export const failureMessage = (error: unknown): SupervisorMessage =>
  error instanceof RoundtripError
    ? { type: 'failed', code: error.code, message: error.message }
    : {
        type: 'failed',
        code: 'INTERNAL',
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }

/** The error as it was thrown on the other side. */
export const errorOf = ({ code, message }: Extract<SupervisorMessage, { type: 'failed' }>): RoundtripError =>
  new RoundtripError(Object.hasOwn(codes, code) ? (code as ErrorCode) : 'INTERNAL', message)
