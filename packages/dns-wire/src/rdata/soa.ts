/** Start of authority (RFC 1035 §3.3.13). */
import type { SoaData } from '../record.ts'
import type { RdataCodec } from './codec.ts'

export const soa: RdataCodec<SoaData> = {
  decode: (reader) => ({
    type: 'SOA',
    primary: reader.name(),
    mailbox: reader.name(),
    serial: reader.u32(),
    refreshSeconds: reader.u32(),
    retrySeconds: reader.u32(),
    expireSeconds: reader.u32(),
    minimumSeconds: reader.u32(),
  }),
  encode: (writer, data) => {
    writer.name(data.primary)
    writer.name(data.mailbox)
    writer.u32(data.serial)
    writer.u32(data.refreshSeconds)
    writer.u32(data.retrySeconds)
    writer.u32(data.expireSeconds)
    writer.u32(data.minimumSeconds)
  },
  parse: (fields) => ({
    type: 'SOA',
    primary: fields.name('the name of the primary server'),
    mailbox: fields.name('the mailbox of the responsible person, as a name'),
    serial: fields.integer('the serial number', 0xffff_ffff),
    refreshSeconds: fields.seconds('the refresh interval'),
    retrySeconds: fields.seconds('the retry interval'),
    expireSeconds: fields.seconds('the expiry'),
    minimumSeconds: fields.seconds('the TTL of negative answers'),
  }),
  format: ({ primary, mailbox, serial, refreshSeconds, retrySeconds, expireSeconds, minimumSeconds }) =>
    [primary, mailbox, serial, refreshSeconds, retrySeconds, expireSeconds, minimumSeconds].join(' '),
}
