/** @packageDocumentation The one error type and the one table of error codes. */
export { codes, type CodeEntry, type ErrorCode, type ErrorSource } from './codes.ts'
export { RoundtripError, toRoundtripError, type RoundtripErrorOptions } from './roundtrip-error.ts'
