/** ANY gets one RRset, not all: over UDP, whole answers are what amplification attacks ask for (RFC 8482 §4.1). */
import { respond, type DnsLayer } from '../dns-request.ts'

export const minimalAny = (): DnsLayer => (next) => async (request, context) => {
  const response = await next(request, context)
  // Who asks over TCP has shown that the address is its own (RFC 8482 §4.4), and is most likely a person debugging.
  if (request.message.questions[0]?.type !== 'ANY' || context.transport === 'tcp') return response
  if (response === undefined || response.message.answers.length === 0) return response
  const { rcode, authoritative, answers } = response.message
  return respond(request, {
    rcode,
    authoritative,
    answers: answers.filter(({ type }) => type === answers[0]?.type),
  })
}
