/** Resource records: the common head, and the data of each type (RFC 1035 §3.2). */
import type { Name } from './name.ts'
import type { RecordClass, RecordType } from './registry.ts'

/** RFC 1035 §3.4.1, dotted decimal; RFC 3596 §2.2, text as in RFC 5952. */
export interface AddressData<T extends 'A' | 'AAAA'> {
  readonly type: T
  readonly address: string
}

/** RFC 1035 §3.3.1, §3.3.11, §3.3.12. */
export interface TargetData<T extends 'CNAME' | 'NS' | 'PTR'> {
  readonly type: T
  readonly target: Name
}

/** RFC 1035 §3.3.13. */
export interface SoaData {
  readonly type: 'SOA'
  /** The primary server (MNAME). */
  readonly primary: Name
  /** The mailbox of whoever is responsible, its `@` written as a dot (RNAME). */
  readonly mailbox: Name
  readonly serial: number
  readonly refreshSeconds: number
  readonly retrySeconds: number
  readonly expireSeconds: number
  /** How long a negative answer may be cached, at most (RFC 2308 §4). */
  readonly minimumSeconds: number
}

/** RFC 1035 §3.3.9. */
export interface MxData {
  readonly type: 'MX'
  readonly preference: number
  readonly exchange: Name
}

/** RFC 1035 §3.3.14; each string has at most 255 octets, each character is one octet. */
export interface TxtData {
  readonly type: 'TXT'
  readonly strings: readonly string[]
}

/** RFC 2782. */
export interface SrvData {
  readonly type: 'SRV'
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: Name
}

/** RFC 8659 §4.1; each character of the value is one octet. */
export interface CaaData {
  readonly type: 'CAA'
  readonly flags: number
  readonly tag: string
  readonly value: string
}

/** A type without a codec here, carried as it is (RFC 3597). */
export interface OpaqueData {
  readonly type: Exclude<RecordType, KnownData['type']>
  readonly data: Uint8Array
}

export type KnownData =
  | AddressData<'A'>
  | AddressData<'AAAA'>
  | TargetData<'CNAME'>
  | TargetData<'NS'>
  | TargetData<'PTR'>
  | SoaData
  | MxData
  | TxtData
  | SrvData
  | CaaData
export type RecordData = KnownData | OpaqueData

export interface RecordHead {
  /** Owner. */
  readonly name: Name
  readonly class: RecordClass
  readonly ttlSeconds: number
}

export type ResourceRecord = RecordHead & RecordData

/** The record of one type, e.g. `RecordOf<'SOA'>`. */
export type RecordOf<T extends RecordType> = Extract<ResourceRecord, { type: T }>
