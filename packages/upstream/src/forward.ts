/** The terminal handler of a reverse proxy: chooses a healthy member and exchanges the request for its response. */
import { RoundtripError } from '@roundtrip/errors'
import type { HttpContext, HttpHandler } from '@roundtrip/http'
import { exchange } from './exchange.ts'
import type { Member } from './member.ts'
import type { Select } from './selection/select.ts'

export interface ForwardOptions {
  readonly name: string
  readonly members: readonly Member[]
  readonly select: Select
  readonly queueTimeoutMs: number
}

/** Leaves `upstream` (the member's name) and `attempts` in the context's facts. @throws what `exchange` throws, or `NO_HEALTHY_UPSTREAM` */
export const forward = ({ name, members, select, queueTimeoutMs }: ForwardOptions): HttpHandler => {
  // Which members a request has been given to; gone with its context.
  const tried = new WeakMap<HttpContext, Member[]>()
  return async (request, context) => {
    const before = tried.get(context) ?? []
    const member = select(candidates(members, before))
    if (member === undefined)
      throw new RoundtripError('NO_HEALTHY_UPSTREAM', undefined, { details: { upstream: name } })
    tried.set(context, [...before, member])
    context.facts['upstream'] = member.name
    context.facts['attempts'] = before.length + 1
    return exchange({ member, request, signal: context.signal, queueTimeoutMs })
  }
}

/** Healthy members, those not tried yet before the others. */
const candidates = (members: readonly Member[], tried: readonly Member[]): readonly Member[] => {
  const healthy = members.filter(({ health }) => health.state === 'healthy')
  const fresh = healthy.filter((member) => !tried.includes(member))
  return fresh.length > 0 ? fresh : healthy
}
