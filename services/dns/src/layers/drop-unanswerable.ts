/** Silence for what must not be answered: responses, and what is too short to have an id. */
import type { DnsLayer } from '../dns-request.ts'

const headerBytes = 12

/** An answer to a response could be answered again, by a server or with a forged source, for ever. */
export const dropUnanswerable = (): DnsLayer => (next) => async (request, context) =>
  request.bytes.length < headerBytes || request.header.isResponse ? undefined : next(request, context)
