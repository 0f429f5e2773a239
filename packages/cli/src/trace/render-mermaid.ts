/** A trace as a Mermaid sequence diagram of this one request, to be pasted where Markdown is read. */
import { hostPort } from './connect.ts'
import { milliseconds, printable, responseDetails } from './describe.ts'
import type { PhaseName } from './phases.ts'
import { splitWait, type TierSpan } from './tiers.ts'
import type { Trace } from './trace.ts'

const client = 'client'

/** `;` ends a statement and `#` begins an entity: both are written as entities. */
const text = (words: string): string => printable(words).replaceAll('#', '#35;').replaceAll(';', '#59;')

/** @returns lines without newlines, without a code fence */
export const renderMermaid = (trace: Trace): string[] => {
  const spans = spansOf(trace)
  const server = spans[0] === undefined ? 'server' : 'tier0'
  return [
    'sequenceDiagram',
    '  autonumber',
    ...participants(trace, spans, server).map((line) => `  ${line}`),
    ...nameLines(trace).map((line) => `  ${line}`),
    ...connectionLines(trace, server).map((line) => `  ${line}`),
    ...requestLines(trace, spans, server).map((line) => `  ${line}`),
    ...failureLines(trace, server).map((line) => `  ${line}`),
  ]
}

const spansOf = (trace: Trace): readonly TierSpan[] => {
  const wait = trace.phases.find(({ name }) => name === 'wait')
  return wait === undefined ? [] : splitWait(trace.serverTiming, wait).spans
}

const asksServer = ({ name, phases, failure }: Trace): boolean =>
  name?.source === 'dns' || name?.source === 'system' || (failure?.phase === 'name' && phases.length > 1)

const participants = (trace: Trace, spans: readonly TierSpan[], server: string): string[] => {
  const target = new URL(trace.request.url).host
  const reached = trace.phases.some(({ name }) => name === 'connect' || name === 'request')
  return [
    `participant ${client} as roundtrip trace`,
    ...(asksServer(trace) ? [`participant dns as ${text(dnsName(trace))}`] : []),
    ...(reached && server === 'server' ? [`participant server as ${text(target)}`] : []),
    ...spans.map((span, index) => `participant tier${index} as ${text(participantName(span))}`),
  ]
}

const dnsName = ({ name }: Trace): string => (name?.server === undefined ? 'name resolution' : `dns ${name.server}`)

/** A tier goes by its instance; the cache by what it is, since its description says hit or miss. */
const participantName = ({ name, description }: TierSpan): string =>
  name === 'cache' || description === undefined ? name : name === 'db' ? `db ${description}` : description

const took = (trace: Trace, phase: PhaseName): string =>
  `${milliseconds(trace.phases.find(({ name }) => name === phase)?.durationMs ?? 0)} ms`

const nameLines = (trace: Trace): string[] => {
  if (!asksServer(trace)) return []
  const { name, request } = trace
  const ask = `${client}->>dns: addresses of ${text(new URL(request.url).hostname)}?`
  if (name === undefined) return [ask]
  const ttl = name.ttlSeconds === undefined ? '' : `, TTL ${name.ttlSeconds} s`
  return [ask, `dns-->>${client}: ${text(name.addresses.join(', '))}${ttl} (${took(trace, 'name')})`]
}

const connectionLines = (trace: Trace, server: string): string[] => {
  const { connect = [], tls, kind } = trace
  if (kind === 'kept') return [`Note over ${client},${server}: the connection of the run before`]
  const lines = connect.map(({ address, port, failure }) =>
    failure === undefined
      ? `${client}->>${server}: TCP connect ${hostPort(address, port)} (${took(trace, 'connect')})`
      : `${client}-x${server}: TCP connect ${text(`${hostPort(address, port)} ${failure}`)}`,
  )
  if (tls === undefined) return lines
  const session = tls.resumed ? 'session resumed' : 'new session'
  const alpn = tls.alpn === undefined ? '' : `, ${tls.alpn}`
  return [...lines, `${client}->>${server}: ${text(`${tls.protocol}${alpn}, ${session}`)} (${took(trace, 'tls')})`]
}

const requestLines = (trace: Trace, spans: readonly TierSpan[], server: string): string[] => {
  const { request, response } = trace
  if (!trace.phases.some(({ name }) => name === 'request')) return []
  const { pathname, search } = new URL(request.url)
  const sent = `${client}->>${server}: ${text(`${request.method} ${pathname}${search}`)}`
  if (response === undefined) return [sent]
  const transfer = `transfer ${took(trace, 'transfer')}`
  return [
    sent,
    ...callsWithin(spans),
    `${server}-->>${client}: ${text(responseDetails(trace).join(', '))} (first byte after ${took(trace, 'wait')}, ${transfer})`,
  ]
}

/** Calls on the way in, answers on the way out, from the list in pre-order. */
const callsWithin = (spans: readonly TierSpan[]): string[] => {
  const lines: string[] = []
  const open: number[] = []
  const answer = (): void => {
    const index = open.pop() ?? 0
    const span = spans[index]
    const parent = open.at(-1)
    if (span !== undefined && parent !== undefined) lines.push(`tier${index}-->>tier${parent}: ${text(answerOf(span))}`)
  }
  for (const [index, span] of spans.entries()) {
    while (open.length > span.depth) answer()
    const parent = open.at(-1)
    if (parent !== undefined) lines.push(`tier${parent}->>tier${index}: ${text(span.name)}`)
    open.push(index)
  }
  while (open.length > 0) answer()
  return lines
}

const answerOf = ({ name, description, reportedMs }: TierSpan): string =>
  `${name === 'cache' && description !== undefined ? `${description}, ` : ''}${milliseconds(reportedMs)} ms`

const failureLines = ({ failure }: Trace, server: string): string[] => {
  if (failure === undefined) return []
  const over = failure.phase === 'name' ? `${client},dns` : failure.phase === 'url' ? client : `${client},${server}`
  return [`Note over ${over}: ${text(`${failure.code}: ${failure.message}`)}`]
}
