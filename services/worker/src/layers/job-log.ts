/** One structured line for each attempt at a job: done, to be tried again, or failed for good. */
import { toRoundtripError } from '@roundtrip/errors'
import { willBeRetried, type Job, type JobContext, type JobLayer } from '../job.ts'

export const jobLog = (): JobLayer => (next) => async (job, context) => {
  try {
    const result = await next(job, context)
    context.log.info({ ...describe(job, context), ...result }, `${job.name} done`)
    return result
  } catch (thrown) {
    const error = toRoundtripError(thrown)
    const line = { ...describe(job, context), code: error.code, details: error.details, error }
    if (willBeRetried(job, error)) context.log.warn(line, `${job.name} failed, to be tried again: ${error.message}`)
    else context.log.error(line, `${job.name} failed for good: ${error.message}`)
    throw error
  }
}

const describe = (job: Job, { passage }: JobContext) => ({
  job: job.name,
  attempt: job.attempt,
  maxAttempts: job.maxAttempts,
  durationMs: Math.round(passage.elapsedMs * 1000) / 1000,
})
