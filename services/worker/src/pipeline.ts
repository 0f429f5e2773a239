/** The worker's pipeline: everything that happens to a job between the queue and its handler. */
import { compose } from '@roundtrip/pipeline'
import { dispatch } from './dispatch.ts'
import type { JobHandler, NamedJobLayer } from './job.ts'
import type { JobKinds } from './job-kind.ts'
import { deadline } from './layers/deadline.ts'
import { jobLog } from './layers/job-log.ts'
import { trace } from './layers/trace.ts'
import { validatePayload } from './layers/validate-payload.ts'

export interface PipelineOptions {
  readonly kinds: JobKinds
  /** How long one attempt may take. */
  readonly jobTimeoutMs: number
}

export const createPipeline = ({ kinds, jobTimeoutMs }: PipelineOptions): JobHandler => {
  const layers: readonly NamedJobLayer[] = [
    // Outermost: every line logged below carries the trace of the request that caused the job.
    ['trace', trace()],
    // Outside of all that can fail, so that it sees every outcome and is the only one to log it.
    ['job-log', jobLog()],
    // Around the handler and what prepares it; inside the log, so that a timeout is logged as one.
    ['deadline', deadline(jobTimeoutMs)],
    // Last: the handler is entitled to a payload that matches its schema.
    ['validate-payload', validatePayload(kinds)],
  ]
  return compose(layers, ['dispatch', dispatch(kinds)])
}
