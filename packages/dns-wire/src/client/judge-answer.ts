/** Whether a message answers a query (RFC 5452 §9, draft-vixie-dnsext-dns0x20). */
import { RoundtripError } from '@roundtrip/errors'
import { decodeMessage, type Message, type Question } from '../message.ts'
import { sameName } from '../name.ts'
import type { Rcode } from '../registry.ts'

/** Outcomes that a server may report without having understood the question, and so without repeating it. */
const mayLackQuestion: ReadonlySet<Rcode> = new Set<Rcode>(['FORMERR', 'SERVFAIL', 'NOTIMP', 'REFUSED'])

/** Same id and same question, case aside; or an error of a server that could not read the question. */
export const answers = (query: Message, message: Message): boolean => {
  if (!message.isResponse || message.id !== query.id || message.opcode !== query.opcode) return false
  const [asked, repeated] = [query.questions[0], message.questions[0]]
  if (repeated === undefined || asked === undefined) return mayLackQuestion.has(message.rcode)
  return message.questions.length === 1 && sameQuestion(asked, repeated)
}

const sameQuestion = (asked: Question, repeated: Question): boolean =>
  asked.type === repeated.type && asked.class === repeated.class && sameName(asked.name, repeated.name)

/** The message in these octets if it is the answer; over UDP a forger would have to guess the case of each letter too. */
export const judgeAnswer = (query: Message, bytes: Uint8Array): Message | 'case-changed' | 'unrelated' => {
  try {
    const message = decodeMessage(bytes)
    if (!answers(query, message)) return 'unrelated'
    const repeated = message.questions[0]?.name
    return repeated === undefined || repeated === query.questions[0]?.name ? message : 'case-changed'
  } catch (error) {
    if (error instanceof RoundtripError) return 'unrelated'
    throw error
  }
}
