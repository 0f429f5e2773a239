/** One log line per query, at debug level: a busy server is asked more often than anyone can read. */
import type { DnsLayer } from '../dns-request.ts'

export const queryLog = (): DnsLayer => (next) => async (request, context) => {
  const response = await next(request, context)
  const question = request.wellFormed?.questions[0]
  context.log.debug(
    {
      name: question?.name,
      type: question?.type,
      client: context.client.address,
      transport: context.transport,
      rcode: response?.message.rcode ?? 'dropped',
      answers: response?.message.answers.length ?? 0,
      answeredBy: context.passage.answeredBy,
      durationMs: Math.round(context.passage.elapsedMs * 1000) / 1000,
    },
    response === undefined ? 'query dropped' : 'query answered',
  )
  return response
}
