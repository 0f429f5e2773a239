/** Answers of a resolver, kept as long as their TTL says (RFC 1035 §3.2.1), as every stub resolver with a cache does. */
import type { Clock } from './phases.ts'
import type { Resolver } from './resolve.ts'
import type { NameFacts } from './trace.ts'

interface Entry {
  readonly facts: NameFacts
  readonly expiresAtMs: number
}

/** Answers without a TTL are not kept: getaddrinfo has caches of its own. */
export const cachedResolver = (resolver: Resolver, clock: Clock): Resolver => {
  const entries = new Map<string, Entry>()
  return async (host, signal) => {
    const entry = entries.get(host)
    if (entry !== undefined && clock() < entry.expiresAtMs) {
      return { ...entry.facts, source: 'cache', ttlSeconds: Math.ceil((entry.expiresAtMs - clock()) / 1000) }
    }
    const facts = await resolver(host, signal)
    if (facts.ttlSeconds !== undefined) entries.set(host, { facts, expiresAtMs: clock() + facts.ttlSeconds * 1000 })
    return facts
  }
}
