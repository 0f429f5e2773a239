/** Turns away what is no query that this server answers: other opcodes, odd question counts, other classes, transfers. */
import type { Header, Question, Rcode } from '@roundtrip/dns-wire'
import { respond, type DnsLayer } from '../dns-request.ts'

/** NOTIFY, UPDATE and the rest have message formats of their own, so only the header is judged. */
const isQuery = ({ opcode }: Header): boolean => opcode === 'QUERY'

/** RFC 9619: a query has one question. */
const asksOnce = ({ questionCount }: Header): boolean => questionCount === 1

/** Not questions about data in a zone: OPT belongs elsewhere, TSIG signs messages (RFC 6895 §3.1). */
const asksForNoData = ({ type }: Question): boolean => type === 'OPT' || type === 'TSIG'

const asksForTransfer = ({ type }: Question): boolean => type === 'AXFR' || type === 'IXFR'

const isInternet = ({ class: questionClass }: Question): boolean => questionClass === 'IN'

const refusal = (question: Question): Rcode | undefined => {
  if (asksForNoData(question)) return 'FORMERR'
  return isInternet(question) && !asksForTransfer(question) ? undefined : 'REFUSED'
}

export const validate = (): DnsLayer => (next) => async (request, context) => {
  if (!isQuery(request.header)) return respond(request, { rcode: 'NOTIMP' })
  const [question] = request.message.questions
  if (question === undefined || !asksOnce(request.header)) return respond(request, { rcode: 'FORMERR' })
  const rcode = refusal(question)
  return rcode === undefined ? next(request, context) : respond(request, { rcode })
}
