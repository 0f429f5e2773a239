/** The terminal handler of a reverse proxy: exchanges the request for the response of the member that was chosen. */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpHandler } from '@roundtrip/http'
import { Attempt } from './attempt.ts'

/** Below `balance`. Rejects with what the member's transport rejects with. */
export const forward = (): HttpHandler => (request, context) =>
  request instanceof Attempt && request.nextHop !== undefined
    ? request.nextHop.send(request, context)
    : Promise.reject(new RoundtripError('INTERNAL', 'forward stands below balance, which chooses the next hop.'))
