/**
 * How much time a hop leaves the next one for its answer: `x-envoy-expected-rq-timeout-ms`, as Envoy's router sends it.
 * Relative, so that clocks need not agree; no RFC has such a field.
 */
import { fieldName } from './fields.ts'

export const requestTimeoutField = fieldName('x-envoy-expected-rq-timeout-ms')

/** Milliseconds from the arrival of the request; undefined when there is none, or something that is no number. */
export const parseRequestTimeout = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
