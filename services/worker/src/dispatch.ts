/** The terminal handler: passes a job to the handler of its kind. */
import type { JobHandler } from './job.ts'
import { kindOf, type JobKinds } from './job-kind.ts'

export const dispatch =
  (kinds: JobKinds): JobHandler =>
  async (job, context) =>
    kindOf(kinds, job).handle(job, context)
