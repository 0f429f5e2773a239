/** The authoritative lookup in one zone (RFC 1034 §4.3.2 step 3; RFC 2308 for negative answers). */
import {
  canonicalName,
  isWithin,
  type Name,
  type Question,
  type RecordType,
  type ResourceRecord,
} from '@roundtrip/dns-wire'
import type { Node, ZoneTree } from './zone-tree.ts'

/** What a zone knows about a name and type. */
export type Finding =
  /** The records asked for. */
  | { readonly kind: 'answer'; readonly records: readonly ResourceRecord[] }
  /** The name is an alias; the question goes on at its target. */
  | { readonly kind: 'alias'; readonly record: ResourceRecord; readonly target: Name }
  /** Somebody else knows: the delegation and what glue there is. */
  | {
      readonly kind: 'referral'
      readonly servers: readonly ResourceRecord[]
      readonly glue: readonly ResourceRecord[]
    }
  /** The name exists, but has no such records. */
  | { readonly kind: 'nodata' }
  | { readonly kind: 'nxdomain' }

/** @param question its name lies in the zone */
export const lookup = (zone: ZoneTree, { name, type }: Pick<Question, 'name' | 'type'>): Finding => {
  const key = canonicalName(name)
  const cut = zone.cutAbove(key)
  // DS is the one type that a delegation keeps on the parent's side (RFC 4035 §3.1.4.1).
  if (cut !== undefined && !(type === 'DS' && cut === key)) return referral(zone, cut)
  const node = zone.node(key)
  if (node !== undefined) return fromNode(node, name, type)
  const wildcard = zone.wildcardFor(key)
  return wildcard === undefined ? { kind: 'nxdomain' } : fromNode(wildcard, name, type)
}

/** Records take the name as it was asked, which is what a wildcard means, and keeps the letter case of the question. */
const fromNode = (node: Node, owner: Name, type: RecordType): Finding => {
  const named = (records: readonly ResourceRecord[]): ResourceRecord[] =>
    records.map((record) => ({ ...record, name: owner }))
  if (type === 'ANY') {
    const records = [...node.values()].flatMap(named)
    return records.length === 0 ? { kind: 'nodata' } : { kind: 'answer', records }
  }
  const rrset = node.get(type)
  if (rrset !== undefined) return { kind: 'answer', records: named(rrset) }
  const [alias] = named(node.get('CNAME') ?? [])
  return alias?.type === 'CNAME' ? { kind: 'alias', record: alias, target: alias.target } : { kind: 'nodata' }
}

const referral = (zone: ZoneTree, cut: Name): Finding => {
  const servers = zone.rrset(cut, 'NS')
  const glue = servers.flatMap((server) => {
    if (server.type !== 'NS' || !isWithin(server.target, zone.origin)) return []
    const target = canonicalName(server.target)
    return [...zone.rrset(target, 'A'), ...zone.rrset(target, 'AAAA')]
  })
  return { kind: 'referral', servers, glue }
}
