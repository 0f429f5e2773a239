/** Code points and their names (IANA "Domain Name System Parameters"; RFC 3597 §5 for the nameless ones). */

const typeCodes = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
} as const

/** A type of record or query: its mnemonic, or `TYPE65280` where it has none here. */
export type RecordType = keyof typeof typeCodes | `TYPE${number}`

const classCodes = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const

/** A class; everything on the Internet is `IN`. */
export type RecordClass = keyof typeof classCodes | `CLASS${number}`

const opcodes = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5, DSO: 6 } as const

export type Opcode = keyof typeof opcodes | `OPCODE${number}`

const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const

/** The outcome of a query (RFC 1035 §4.1.1); above 15 it takes EDNS to say it (RFC 6891 §6.1.3). */
export type Rcode = keyof typeof rcodes | `RCODE${number}`

/** Both directions of one registry. */
interface Registry<T extends string> {
  nameOf(code: number): T
  /** Undefined for text that is neither a mnemonic nor the generic form. */
  codeOf(name: string): number | undefined
}

const registry = <T extends string>(
  codes: Readonly<Record<string, number>>,
  generic: string,
  maxCode: number,
): Registry<T> => {
  const names = new Map(Object.entries(codes).map(([name, code]) => [code, name]))
  const byName = new Map(Object.entries(codes))
  const genericForm = new RegExp(`^${generic}(\\d{1,5})$`)
  return {
    nameOf: (code) => (names.get(code) ?? `${generic}${code}`) as T,
    codeOf: (name) => {
      const upper = name.toUpperCase()
      const code = byName.get(upper) ?? Number(genericForm.exec(upper)?.[1])
      return code <= maxCode ? code : undefined
    },
  }
}

export const types = registry<RecordType>(typeCodes, 'TYPE', 0xffff)
export const classes = registry<RecordClass>(classCodes, 'CLASS', 0xffff)
export const opcodeNames = registry<Opcode>(opcodes, 'OPCODE', 0xf)
export const rcodeNames = registry<Rcode>(rcodes, 'RCODE', 0xfff)

/** The type with this mnemonic in any case, or of the form `TYPE123`; undefined when there is none. */
export const parseType = (text: string): RecordType | undefined => {
  const code = types.codeOf(text)
  return code === undefined ? undefined : types.nameOf(code)
}
