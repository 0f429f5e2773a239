/** Whole DNS messages, to and from their wire form (RFC 1035 §4.1, RFC 6891). */
import { RoundtripError } from '@roundtrip/errors'
import { decodeEdns, encodeEdns, extendedRcode, type Edns } from './edns.ts'
import { readHeader, writeHeader, type Flags } from './header.ts'
import { rootName, type Name } from './name.ts'
import { decodeRdata, encodeRdata } from './rdata/index.ts'
import type { ResourceRecord } from './record.ts'
import { classes, rcodeNames, types, type Rcode, type RecordClass, type RecordType } from './registry.ts'
import { malformed, WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'
import { maxTtlSeconds } from './zone/ttl.ts'

export interface Question {
  readonly name: Name
  readonly type: RecordType
  readonly class: RecordClass
}

export interface Message extends Flags {
  readonly rcode: Rcode
  readonly questions: readonly Question[]
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  /** Without the OPT record, which is `edns`. */
  readonly additionals: readonly ResourceRecord[]
  readonly edns: Edns | undefined
}

/** A standard query without flags, questions or records: the ground to spread a message onto. */
export const emptyMessage: Message = {
  id: 0,
  isResponse: false,
  opcode: 'QUERY',
  authoritative: false,
  truncated: false,
  recursionDesired: false,
  recursionAvailable: false,
  authenticData: false,
  checkingDisabled: false,
  rcode: 'NOERROR',
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
  edns: undefined,
}

/**
 * @throws RoundtripError `DNS_MESSAGE_INVALID`, its message and `details.offset` saying where, for anything that is
 *   not exactly one well-formed message. Never anything else, whatever the octets are.
 */
export const decodeMessage = (bytes: Uint8Array): Message => {
  const reader = new WireReader(bytes)
  const { rcodeLow, questionCount, answerCount, authorityCount, additionalCount, ...flags } = readHeader(reader)
  const questions: Question[] = []
  while (questions.length < questionCount) questions.push(readQuestion(reader))
  const opt = new OptSlot()
  const answers = records(reader, answerCount)
  const authorities = records(reader, authorityCount)
  const additionals = records(reader, additionalCount, opt)
  if (reader.remaining > 0) throw malformed(`${reader.remaining} octets follow the message`, reader.offset)
  const rcode = rcodeNames.nameOf((opt.rcodeHigh << 4) | rcodeLow)
  return { ...flags, rcode, questions, answers, authorities, additionals, edns: opt.edns }
}

/**
 * The wire form, names compressed.
 *
 * @throws RoundtripError `DNS_MESSAGE_INVALID` when it would exceed 65,535 octets, or when a response code over 15
 *   has no EDNS to carry it
 */
export const encodeMessage = (message: Message): Uint8Array => {
  const writer = new WireWriter()
  const rcode = rcodeNames.codeOf(message.rcode) ?? 0
  if (rcode > 0xf && message.edns === undefined) {
    throw new RoundtripError('DNS_MESSAGE_INVALID', `${message.rcode} cannot be said without EDNS (RFC 6891 §6.1.3).`)
  }
  writeHeader(writer, {
    ...message,
    rcodeLow: rcode & 0xf,
    questionCount: message.questions.length,
    answerCount: message.answers.length,
    authorityCount: message.authorities.length,
    additionalCount: message.additionals.length + (message.edns === undefined ? 0 : 1),
  })
  for (const question of message.questions) {
    writer.name(question.name)
    writer.u16(types.codeOf(question.type) ?? 0)
    writer.u16(classes.codeOf(question.class) ?? 0)
  }
  for (const section of [message.answers, message.authorities, message.additionals]) {
    for (const record of section) writeRecord(writer, record)
  }
  if (message.edns !== undefined) encodeEdns(writer, message.edns, rcode)
  return writer.finish()
}

/** Where the one OPT record of a message goes; it may stand among the additional records only. */
class OptSlot {
  edns: Edns | undefined
  rcodeHigh = 0

  take(reader: WireReader, owner: Name, head: { class: number; ttl: number }): void {
    if (this.edns !== undefined) throw malformed('there is more than one OPT record', reader.offset)
    if (owner !== rootName) throw malformed('the OPT record is not at the root', reader.offset)
    this.edns = decodeEdns(reader, head)
    this.rcodeHigh = extendedRcode(head)
  }
}

const readQuestion = (reader: WireReader): Question => ({
  name: reader.name(),
  type: types.nameOf(reader.u16()),
  class: classes.nameOf(reader.u16()),
})

const records = (reader: WireReader, count: number, opt?: OptSlot): ResourceRecord[] => {
  const found: ResourceRecord[] = []
  for (let index = 0; index < count; index++) {
    const name = reader.name()
    const type = types.nameOf(reader.u16())
    const head = { class: reader.u16(), ttl: reader.u32() }
    if (type === 'OPT') {
      if (opt === undefined) throw malformed('an OPT record stands outside the additional section', reader.offset)
      opt.take(reader, name, head)
      continue
    }
    // RFC 2181 §8: a TTL with its top bit set counts as zero.
    const ttlSeconds = head.ttl > maxTtlSeconds ? 0 : head.ttl
    found.push({ name, class: classes.nameOf(head.class), ttlSeconds, ...decodeRdata(reader, type) })
  }
  return found
}

const writeRecord = (writer: WireWriter, record: ResourceRecord): void => {
  writer.name(record.name)
  writer.u16(types.codeOf(record.type) ?? 0)
  writer.u16(classes.codeOf(record.class) ?? 0)
  writer.u32(record.ttlSeconds)
  encodeRdata(writer, record)
}
