/** Data made of text: TXT (RFC 1035 §3.3.14) and CAA (RFC 8659 §4.1). */
import type { CaaData, TxtData } from '../record.ts'
import { malformed } from '../wire-reader.ts'
import type { RdataCodec } from './codec.ts'
import { quote, zoneProblem } from '../zone/rdata-fields.ts'

export const txt: RdataCodec<TxtData> = {
  decode: (reader, length) => {
    if (length === 0) throw malformed('a TXT record has no string', reader.offset)
    const strings: string[] = []
    while (reader.remaining > 0) strings.push(reader.characterString())
    return { type: 'TXT', strings }
  },
  encode: (writer, { strings }) => {
    for (const string of strings) writer.characterString(string)
  },
  parse: (fields) => {
    const strings = [fields.characterString('a string')]
    while (!fields.isEmpty) strings.push(fields.characterString('a string'))
    return { type: 'TXT', strings }
  },
  format: ({ strings }) => strings.map(quote).join(' '),
}

const isTag = (text: string): boolean => /^[0-9A-Za-z]{1,255}$/.test(text)

export const caa: RdataCodec<CaaData> = {
  decode: (reader) => {
    const flags = reader.u8()
    const tag = reader.characterString()
    if (!isTag(tag)) throw malformed('the tag of a CAA record is not letters and digits', reader.offset)
    return { type: 'CAA', flags, tag, value: reader.octets(reader.remaining) }
  },
  encode: (writer, { flags, tag, value }) => {
    writer.u8(flags)
    writer.characterString(tag)
    writer.octets(value)
  },
  parse: (fields) => {
    const flags = fields.integer('the flags', 255)
    const { text: tag, line } = fields.token('a tag such as issue')
    if (!isTag(tag))
      throw zoneProblem(line, `${JSON.stringify(tag)} is not valid: expected a tag of letters and digits`)
    return { type: 'CAA', flags, tag, value: fields.characterString('a value') }
  },
  format: ({ flags, tag, value }) => `${flags} ${tag} ${quote(value)}`,
}
