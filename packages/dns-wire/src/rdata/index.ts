/** The codec of each type of record data, and the opaque form for the rest (RFC 3597). */
import type { KnownData, OpaqueData, RecordData } from '../record.ts'
import type { RecordType } from '../registry.ts'
import type { WireReader } from '../wire-reader.ts'
import type { WireWriter } from '../wire-writer.ts'
import { a, aaaa } from './address.ts'
import type { RdataCodec } from './codec.ts'
import { zoneProblem, type RdataFields } from '../zone/rdata-fields.ts'
import { soa } from './soa.ts'
import { cname, mx, ns, ptr, srv } from './targets.ts'
import { caa, txt } from './texts.ts'

const codecs: { readonly [T in KnownData['type']]: RdataCodec<Extract<KnownData, { type: T }>> } = {
  A: a,
  AAAA: aaaa,
  CAA: caa,
  CNAME: cname,
  MX: mx,
  NS: ns,
  PTR: ptr,
  SOA: soa,
  SRV: srv,
  TXT: txt,
}

/** The one place where the type's tag and its codec are brought together, which the checker cannot follow. */
const codecOf = (type: RecordType): RdataCodec<KnownData> | undefined =>
  Object.hasOwn(codecs, type) ? codecs[type as KnownData['type']] : undefined

/** Reads the length octets and the data. */
export const decodeRdata = (reader: WireReader, type: RecordType): RecordData => {
  const length = reader.u16()
  const codec = codecOf(type)
  return reader.region(length, () =>
    codec === undefined
      ? { type: type as OpaqueData['type'], data: reader.bytes(length) }
      : codec.decode(reader, length),
  )
}

/** Writes the length octets and the data. */
export const encodeRdata = (writer: WireWriter, data: RecordData): void => {
  writer.lengthPrefixed(() => {
    if ('data' in data) writer.bytes(data.data)
    else codecOf(data.type)?.encode(writer, data)
  })
}

/** From the fields of a zone file; types without a codec take the form `\# length hex` (RFC 3597 §5). */
export const parseRdata = (type: RecordType, fields: RdataFields): RecordData =>
  codecOf(type)?.parse(fields) ?? parseOpaque(type as OpaqueData['type'], fields)

/** As a zone file has it. */
export const formatRdata = (data: RecordData): string =>
  'data' in data
    ? `\\# ${data.data.length} ${Buffer.from(data.data).toString('hex')}`.trimEnd()
    : (codecOf(data.type)?.format(data) ?? '')

const parseOpaque = (type: OpaqueData['type'], fields: RdataFields): OpaqueData => {
  const expected = `data of the form \\# length hex, since ${type} has no form of its own here (RFC 3597)`
  const marker = fields.token(expected)
  if (marker.text !== String.raw`\#`)
    throw zoneProblem(marker.line, `${JSON.stringify(marker.text)}: expected ${expected}`)
  const length = fields.integer('the number of octets', 0xffff)
  let hex = ''
  while (!fields.isEmpty) hex += fields.token('hexadecimal digits').text
  if (!/^([0-9a-f]{2})*$/i.test(hex) || hex.length !== length * 2) {
    throw zoneProblem(
      marker.line,
      `the data is not valid: expected ${length} octets as ${length * 2} hexadecimal digits`,
    )
  }
  return { type, data: Uint8Array.from(Buffer.from(hex, 'hex')) }
}
