/** @packageDocumentation DNS names, messages, zone files and a stub client. */
export { query, type QueryOptions, type QueryResult } from './client/query.ts'
export { minUdpPayloadBytes, safeUdpPayloadBytes, type Edns, type EdnsOption } from './edns.ts'
export { FrameReader, frameMessage } from './framing.ts'
export { decodeHeader, type Flags, type Header } from './header.ts'
export { decodeMessage, emptyMessage, encodeMessage, type Message, type Question } from './message.ts'
export {
  canonicalName,
  isWithin,
  labelsOf,
  nameFromLabels,
  parentOf,
  parseName,
  rootName,
  sameName,
  type Name,
} from './name.ts'
export type { OpaqueData, RecordData, RecordHead, RecordOf, ResourceRecord } from './record.ts'
export { parseType, type Opcode, type Rcode, type RecordClass, type RecordType } from './registry.ts'
export { formatRecord } from './zone/format-record.ts'
export { parseZone, type Zone, type ZoneSource } from './zone/parse-zone.ts'
