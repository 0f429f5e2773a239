/** How a message that cannot be read is refused: a client's with its own status, a next hop's as an invalid answer. */
import { RoundtripError, type ErrorCode } from '@roundtrip/errors'

/** Which way a message travels: requests come from clients, responses from next hops. */
export type MessageKind = 'request' | 'response'

/** @param code for requests; `BAD_REQUEST` by default. Whatever is wrong with a response is `UPSTREAM_INVALID`. */
export const malformed = (kind: MessageKind, sentence: string, code: ErrorCode = 'BAD_REQUEST'): RoundtripError =>
  kind === 'request' ? new RoundtripError(code, sentence) : new RoundtripError('UPSTREAM_INVALID', sentence)
