/** A kind of job: its payload's schema and the handler for it, found by the job's name. */
import { RoundtripError } from '@roundtrip/errors'
import type { Static, TSchema } from 'typebox'
import type { Job, JobContext, JobHandler, JobResult } from './job.ts'

export interface JobKind {
  readonly payload: TSchema
  readonly handle: JobHandler
}

/** By job name. */
export type JobKinds = ReadonlyMap<string, JobKind>

/** Ties a handler to the schema that its payload has been checked against when it is called. */
export const jobKind = <T extends TSchema>(
  payload: T,
  handle: (payload: Static<T>, job: Job, context: JobContext) => Promise<JobResult>,
): JobKind => ({
  payload,
  handle: (job, context) => handle(job.payload as Static<T>, job, context),
})

/** @throws RoundtripError `JOB_UNKNOWN`, which is retried: during a deployment a newer worker may take the next attempt. */
export const kindOf = (kinds: JobKinds, { name }: Job): JobKind => {
  const kind = kinds.get(name)
  if (kind === undefined) throw new RoundtripError('JOB_UNKNOWN', undefined, { details: { name } })
  return kind
}
