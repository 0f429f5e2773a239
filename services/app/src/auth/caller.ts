/** What a request tells about where it comes from. */
import { formatTraceParent } from '@roundtrip/http'
import type { FastifyRequest } from 'fastify'
import { clientNetwork } from '../http/client-address.ts'
import { traceOf } from '../http/request-context.ts'
import type { Caller } from './sign-in.ts'

/** @param ownHops tiers in front that add to `X-Forwarded-For` */
export const callerOf = (request: FastifyRequest, ownHops: number): Caller => ({
  client: clientNetwork(request, ownHops),
  agent: request.headers['user-agent'] ?? 'unknown',
  traceparent: formatTraceParent(traceOf(request)),
})
