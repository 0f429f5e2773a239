/** The terminal handler: answers from the zones that this server is authoritative for (RFC 1034 §4.3.2). */
import {
  canonicalName,
  parentOf,
  type Message,
  type Name,
  type RecordOf,
  type RecordType,
  type ResourceRecord,
  type Zone,
} from '@roundtrip/dns-wire'
import { RoundtripError } from '@roundtrip/errors'
import { respond, type DnsHandler } from '../dns-request.ts'
import { lookup } from './lookup.ts'
import { ZoneTree } from './zone-tree.ts'

/** Aliases followed in one answer. A longer chain is left to the client, with what was found so far. */
const maxAliases = 16

export interface AuthorityOptions {
  readonly zones: readonly Zone[]
}

/** @throws RoundtripError `ZONE_INVALID` when two zones have the same apex */
export const authority = ({ zones }: AuthorityOptions): DnsHandler => {
  const trees = new Map<Name, ZoneTree>()
  for (const zone of zones) {
    const tree = new ZoneTree(zone)
    if (trees.has(tree.origin)) throw new RoundtripError('ZONE_INVALID', `Two zone files are for ${zone.origin}`)
    trees.set(tree.origin, tree)
  }
  return async (request) => {
    const [question] = request.message.questions
    if (question === undefined) throw new RoundtripError('DNS_MESSAGE_INVALID', 'The query has no question.')
    return respond(request, answerFrom(trees, question.name, question.type))
  }
}

/** The zone that a name lies in most closely; DS of an apex is for the parent zone to answer (RFC 4035 §3.1.4.1). */
const zoneOf = (trees: ReadonlyMap<Name, ZoneTree>, name: Name, type: RecordType): ZoneTree | undefined => {
  const key = canonicalName(name)
  const closest = (from: Name | undefined): ZoneTree | undefined => {
    for (let at = from; at !== undefined; at = parentOf(at)) {
      const tree = trees.get(at)
      if (tree !== undefined) return tree
    }
    return undefined
  }
  return (type === 'DS' ? closest(parentOf(key)) : undefined) ?? closest(key)
}

type Answer = Pick<Message, 'rcode'> &
  Partial<Pick<Message, 'authoritative' | 'answers' | 'authorities' | 'additionals'>>

/**
 * AA speaks for the owner of the first answer (RFC 1035 §4.1.1), so an alias of ours stays authoritative wherever it
 * leads; the response code is that of the last name (RFC 6604 §3).
 */
const answerFrom = (trees: ReadonlyMap<Name, ZoneTree>, asked: Name, type: RecordType): Answer => {
  const answers: ResourceRecord[] = []
  const visited = new Set<Name>()
  let name = asked
  // A chain that comes back to where it has been answers nothing more: each alias is told once.
  while (answers.length <= maxAliases && !visited.has(canonicalName(name))) {
    visited.add(canonicalName(name))
    const tree = zoneOf(trees, name, type)
    // Aliases may lead out of our zones; only a question that begins outside is refused.
    if (tree === undefined) return answers.length === 0 ? { rcode: 'REFUSED' } : success(answers)
    const found = lookup(tree, { name, type })
    switch (found.kind) {
      case 'alias':
        answers.push(found.record)
        name = found.target
        break
      case 'answer':
        return success([...answers, ...found.records])
      case 'referral':
        return {
          rcode: 'NOERROR',
          authoritative: answers.length > 0,
          answers,
          authorities: found.servers,
          additionals: found.glue,
        }
      case 'nodata':
        return negative('NOERROR', answers, tree.soa)
      case 'nxdomain':
        return negative('NXDOMAIN', answers, tree.soa)
    }
  }
  return success(answers)
}

const success = (answers: readonly ResourceRecord[]): Answer => ({ rcode: 'NOERROR', authoritative: true, answers })

/** RFC 2308 §3: the SOA tells how long "no" may be cached, by the smaller of its TTL and its last field. */
const negative = (rcode: 'NOERROR' | 'NXDOMAIN', answers: readonly ResourceRecord[], soa: RecordOf<'SOA'>): Answer => ({
  rcode,
  authoritative: true,
  answers,
  authorities: [{ ...soa, ttlSeconds: Math.min(soa.ttlSeconds, soa.minimumSeconds) }],
})
