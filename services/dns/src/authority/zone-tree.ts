/** A zone arranged for looking up: nodes by name, types by node (RFC 1034 §4.2.1, RFC 4592 §2). */
import {
  canonicalName,
  parentOf,
  type Name,
  type RecordOf,
  type RecordType,
  type ResourceRecord,
  type Zone,
} from '@roundtrip/dns-wire'

/** The RRsets of one name. Empty at an empty non-terminal, a name that exists only because others lie below it. */
export type Node = ReadonlyMap<RecordType, readonly ResourceRecord[]>

/** Names in lower case throughout, see `canonicalName`. */
export class ZoneTree {
  /** The apex. */
  readonly origin: Name
  readonly soa: RecordOf<'SOA'>
  readonly #nodes = new Map<Name, Map<RecordType, ResourceRecord[]>>()

  constructor(zone: Zone) {
    this.origin = canonicalName(zone.origin)
    this.soa = zone.soa
    for (const record of zone.records) this.#add(record)
  }

  node(name: Name): Node | undefined {
    return this.#nodes.get(name)
  }

  rrset(name: Name, type: RecordType): readonly ResourceRecord[] {
    return this.#nodes.get(name)?.get(type) ?? []
  }

  /**
   * The topmost delegation on the way from the apex to a name, the name itself included (RFC 1034 §4.3.2 step 3b).
   * Everything below it is somebody else's.
   */
  cutAbove(name: Name): Name | undefined {
    let cut: Name | undefined
    for (let at: Name | undefined = name; at !== undefined && at !== this.origin; at = parentOf(at)) {
      if (this.rrset(at, 'NS').length > 0) cut = at
    }
    return cut
  }

  /** The node that a wildcard gives to a name that does not exist (RFC 4592 §3.3): `*` at the closest encloser. */
  wildcardFor(name: Name): Node | undefined {
    let encloser = parentOf(name)
    while (encloser !== undefined && !this.#nodes.has(encloser)) encloser = parentOf(encloser)
    return encloser === undefined ? undefined : this.#nodes.get(`*.${encloser === '.' ? '' : encloser}` as Name)
  }

  #add(record: ResourceRecord): void {
    const name = canonicalName(record.name)
    const node = this.#nodeAt(name)
    const rrset = node.get(record.type)
    if (rrset === undefined) node.set(record.type, [record])
    else rrset.push(record)
    for (let at = name; at !== this.origin;) {
      const parent = parentOf(at)
      if (parent === undefined) return
      this.#nodeAt(parent)
      at = parent
    }
  }

  #nodeAt(name: Name): Map<RecordType, ResourceRecord[]> {
    const existing = this.#nodes.get(name)
    if (existing !== undefined) return existing
    const node = new Map<RecordType, ResourceRecord[]>()
    this.#nodes.set(name, node)
    return node
  }
}
