/** What travels through the worker's pipeline: a job, its context, and what became of it. */
import { RoundtripError } from '@roundtrip/errors'
import type { TraceParent } from '@roundtrip/http'
import type { Handler, Layer, NamedHandler, NamedLayer, Passage } from '@roundtrip/pipeline'
import type { Logger } from '@roundtrip/service'

/** One attempt at a job. */
export interface Job {
  readonly id: string
  readonly name: string
  /** Whatever the producer wrote; a handler sees it only after validation. */
  readonly payload: unknown
  /** Counts from 1. */
  readonly attempt: number
  readonly maxAttempts: number
  readonly enqueuedAt: Date
}

/** Facts for the log, kept in the queue beside the finished job. */
export type JobResult = Readonly<Record<string, unknown>>

export interface JobContext {
  readonly passage: Passage
  readonly trace: TraceParent
  /** Aborted when this attempt is over, whoever decided so. */
  readonly signal: AbortSignal
  readonly log: Logger
}

export type JobHandler = Handler<Job, JobResult, JobContext>
export type JobLayer = Layer<Job, JobResult, JobContext>
export type NamedJobLayer = NamedLayer<Job, JobResult, JobContext>
export type NamedJobHandler = NamedHandler<Job, JobResult, JobContext>

/** Only what is known to fail the same way again is final: an unknown error may be gone with the next deployment. */
export const isFinal = (error: RoundtripError): boolean => !error.retryable && error.code !== 'INTERNAL'

export const isLastAttempt = (job: Job): boolean => job.attempt >= job.maxAttempts

export const willBeRetried = (job: Job, error: RoundtripError): boolean => !isFinal(error) && !isLastAttempt(job)
