/** What it takes to carry one type of record data: wire form in and out, zone-file form in and out. */
import type { WireReader } from '../wire-reader.ts'
import type { WireWriter } from '../wire-writer.ts'
import type { RdataFields } from '../zone/rdata-fields.ts'

export interface RdataCodec<T> {
  /** Reads exactly `length` octets. */
  decode(reader: WireReader, length: number): T
  encode(writer: WireWriter, data: T): void
  /** From the fields after the type in a zone file. */
  parse(fields: RdataFields): T
  /** Back to those fields. */
  format(data: T): string
}
