/** Data that is, or ends with, one name: CNAME, NS, PTR (RFC 1035 §3.3), MX (§3.3.9) and SRV (RFC 2782). */
import type { MxData, SrvData, TargetData } from '../record.ts'
import type { RdataCodec } from './codec.ts'

const maxU16 = 0xffff

const targetCodec = <T extends 'CNAME' | 'NS' | 'PTR'>(type: T): RdataCodec<TargetData<T>> => ({
  decode: (reader) => ({ type, target: reader.name() }),
  encode: (writer, { target }) => writer.name(target),
  parse: (fields) => ({ type, target: fields.name('a domain name') }),
  format: ({ target }) => target,
})

export const cname = targetCodec('CNAME')
export const ns = targetCodec('NS')
export const ptr = targetCodec('PTR')

export const mx: RdataCodec<MxData> = {
  decode: (reader) => ({ type: 'MX', preference: reader.u16(), exchange: reader.name() }),
  encode: (writer, { preference, exchange }) => {
    writer.u16(preference)
    writer.name(exchange)
  },
  parse: (fields) => ({
    type: 'MX',
    preference: fields.integer('the preference', maxU16),
    exchange: fields.name('the name of a mail server'),
  }),
  format: ({ preference, exchange }) => `${preference} ${exchange}`,
}

export const srv: RdataCodec<SrvData> = {
  decode: (reader) => ({
    type: 'SRV',
    priority: reader.u16(),
    weight: reader.u16(),
    port: reader.u16(),
    target: reader.name(),
  }),
  encode: (writer, { priority, weight, port, target }) => {
    writer.u16(priority)
    writer.u16(weight)
    writer.u16(port)
    // RFC 2782: "name compression is not to be used for this field".
    writer.name(target, false)
  },
  parse: (fields) => ({
    type: 'SRV',
    priority: fields.integer('the priority', maxU16),
    weight: fields.integer('the weight', maxU16),
    port: fields.integer('the port', maxU16),
    target: fields.name('the name of a server'),
  }),
  format: ({ priority, weight, port, target }) => `${priority} ${weight} ${port} ${target}`,
}
