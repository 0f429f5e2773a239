/** Keeps what concerns one connection only from being forwarded, both ways (RFC 9110 §7.6.1). */
import { isHopByHop, stripHopByHop, type Fields, type HttpLayer } from '@roundtrip/http'
import { Attempt, withFields } from './attempt.ts'

const hasHopByHop = ({ flat }: Fields): boolean => {
  for (let i = 0; i < flat.length; i += 2) if (isHopByHop(flat[i] as string)) return true
  return false
}

/** Layers above keep the request as it came; the transport writes `Connection` and framing of its own. */
export const hopByHop = (): HttpLayer => (next) => (request, context) => {
  if (!hasHopByHop(request.fields)) return next(request, context)
  const fields = stripHopByHop(request.fields.clone())
  return next(request instanceof Attempt ? withFields(request, fields) : { ...request, fields }, context)
}
