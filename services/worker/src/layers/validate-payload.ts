/** Refuses a payload that does not match the schema of its kind: it never will, however often it is tried. */
import { RoundtripError } from '@roundtrip/errors'
import { Value } from 'typebox/value'
import type { JobLayer } from '../job.ts'
import { kindOf, type JobKinds } from '../job-kind.ts'

/** Enough to find the mistake; a list of thousands could carry as many errors. */
const maxReportedErrors = 5

export const validatePayload =
  (kinds: JobKinds): JobLayer =>
  (next) =>
  async (job, context) => {
    const { payload } = kindOf(kinds, job)
    if (Value.Check(payload, job.payload)) return next(job, context)
    // Paths and expectations only: the values are personal data and have no place in a log.
    const errors = Value.Errors(payload, job.payload)
      .slice(0, maxReportedErrors)
      .map(({ instancePath, message }) => `${instancePath || '/'} ${message}`)
    throw new RoundtripError('JOB_INVALID', undefined, { details: { errors } })
  }
