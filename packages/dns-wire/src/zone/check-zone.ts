/** What must hold between the records of a zone (RFC 1034 §4.2, RFC 2181 §5 and §10, RFC 1912 §2). */
import { canonicalName, isWithin, parentOf, sameName, type Name } from '../name.ts'
import { formatRdata } from '../rdata/index.ts'
import type { RecordOf, ResourceRecord } from '../record.ts'
import type { PlacedRecord, Zone } from './parse-zone.ts'

type Report = (line: number, problem: string) => void

/** The zone, unless its apex cannot be made out; other problems are reported and it is for the caller to refuse. */
export const checkZone = (all: readonly PlacedRecord[], report: Report): Zone | undefined => {
  const placed = withoutDuplicates(all)
  const apex = findSoa(placed, report)
  if (apex === undefined) return undefined
  const zone = new ZoneIndex(apex.name, placed)
  const hasApexNs = zone.at(apex.name).some(({ record }) => record.type === 'NS')
  if (!hasApexNs) report(apex.line, `${apex.name} has no NS record: expected at least one at the apex`)
  for (const entry of placed) {
    for (const check of [checkInside, checkAlone, checkTtl, checkCut, checkTarget]) check(entry, zone, report)
  }
  return { origin: apex.name, soa: apex.soa, records: placed.map(({ record }) => record) }
}

/** Records by owner, and where authority ends. */
class ZoneIndex {
  readonly origin: Name
  readonly #byOwner: ReadonlyMap<Name, readonly PlacedRecord[]>

  constructor(origin: Name, placed: readonly PlacedRecord[]) {
    this.origin = origin
    this.#byOwner = Map.groupBy(placed, ({ record }) => canonicalName(record.name))
  }

  at(name: Name): readonly PlacedRecord[] {
    return this.#byOwner.get(canonicalName(name)) ?? []
  }

  /** The delegation that a name lies at or below. */
  cutAbove(name: Name): Name | undefined {
    for (let at: Name | undefined = name; at !== undefined && !sameName(at, this.origin); at = parentOf(at)) {
      if (this.at(at).some(({ record }) => record.type === 'NS')) return at
    }
    return undefined
  }
}

type Check = (entry: PlacedRecord, zone: ZoneIndex, report: Report) => void

const checkInside: Check = ({ record, line }, { origin }, report) => {
  if (!isWithin(record.name, origin)) report(line, `${record.name} is out of zone: expected a name in ${origin}`)
}

/** RFC 1034 §3.6.2: an alias is nothing else; RFC 4034 §3 and §4 let DNSSEC's own records stand beside it. */
const checkAlone: Check = ({ record, line }, zone, report) => {
  if (record.type !== 'CNAME') return
  const others = zone.at(record.name).filter((other) => !['RRSIG', 'NSEC'].includes(other.record.type))
  if (others.length > 1) report(line, `${record.name} is a CNAME with other data beside it: expected it to be alone`)
}

/** RFC 2181 §5.2; the first record of the set is the one the others are held against. */
const checkTtl: Check = ({ record, line }, zone, report) => {
  const first = zone.at(record.name).find((other) => other.record.type === record.type)?.record
  if (first !== undefined && first.ttlSeconds !== record.ttlSeconds && record.type !== 'RRSIG') {
    report(line, `the TTL is ${record.ttlSeconds}: expected ${first.ttlSeconds} like the ${record.type} record before`)
  }
}

/** Below a delegation the child is the authority; the parent may only hold glue. */
const checkCut: Check = ({ record, line }, zone, report) => {
  const cut = zone.cutAbove(record.name)
  if (cut === undefined) return
  const mayStand = sameName(record.name, cut)
    ? ['NS', 'DS', 'A', 'AAAA', 'RRSIG', 'NSEC'].includes(record.type)
    : ['A', 'AAAA'].includes(record.type)
  if (!mayStand)
    report(line, `${record.type} of ${record.name} lies below the delegation of ${cut}: expected only glue`)
}

/** RFC 2181 §10.3 (no aliases) and RFC 1034 §4.2.2 (glue): servers named in the zone must have an address in it. */
const checkTarget: Check = ({ record, line }, zone, report) => {
  const target = serverNamedBy(record)
  if (target === undefined || !isWithin(target, zone.origin)) return
  // What another server is the authority for cannot be known here, except glue for the delegation itself.
  const cut = zone.cutAbove(target)
  if (cut !== undefined && !(record.type === 'NS' && sameName(cut, record.name))) return
  const wildcards = ancestors(target).flatMap((above) => zone.at(`*.${above}` as Name))
  const found = [...zone.at(target), ...wildcards].map((other) => other.record.type)
  if (found.includes('CNAME')) report(line, `${target} is a CNAME: expected a name with addresses of its own`)
  else if (!found.some((type) => type === 'A' || type === 'AAAA')) {
    report(line, `${target} has no address: expected an A or AAAA record for it`)
  }
}

const serverNamedBy = (record: ResourceRecord): Name | undefined => {
  if (record.type === 'NS') return record.target
  // A lone dot means that there is no such service (RFC 7505, RFC 2782).
  if (record.type === 'MX') return record.exchange === '.' ? undefined : record.exchange
  return undefined
}

const ancestors = (name: Name): Name[] => {
  const found: Name[] = []
  for (let at = parentOf(name); at !== undefined; at = parentOf(at)) found.push(at)
  return found
}

/** RFC 2181 §5: a record is in its set once. */
const withoutDuplicates = (placed: readonly PlacedRecord[]): PlacedRecord[] => {
  const seen = new Set<string>()
  return placed.filter(({ record }) => {
    const key = `${canonicalName(record.name)} ${record.type} ${formatRdata(record)}`
    return !seen.has(key) && seen.add(key)
  })
}

const findSoa = (placed: readonly PlacedRecord[], report: Report) => {
  const [first, ...more] = placed.filter(({ record }) => record.type === 'SOA')
  if (first === undefined || first.record.type !== 'SOA') {
    report(placed.at(-1)?.line ?? 1, 'the zone has no SOA record: expected exactly one')
    return undefined
  }
  for (const { line } of more)
    report(line, `a second SOA record: expected exactly one, the first is in line ${first.line}`)
  const soa: RecordOf<'SOA'> = first.record
  return { name: soa.name, soa, line: first.line }
}
