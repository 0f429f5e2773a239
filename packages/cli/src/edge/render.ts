/** What an edge answers, as people read it; `--json` is for programs. */
import { duration } from '../terminal/units.ts'
import { explainText } from './explain-text.ts'
import { poolsText } from './pools-text.ts'
import {
  isRecord,
  numberOf,
  recordLines,
  recordsOf,
  recordTable,
  textOf,
  type AnyRecord,
  type Reading,
} from './records-text.ts'

type Io = Reading['io']
type Rendering = (answer: unknown, io: Io, nowMs: number) => readonly string[]

const fieldsOf = (answer: unknown): AnyRecord => (isRecord(answer) ? answer : {})

const memberOf = (answer: unknown): string => {
  const { pool, member } = fieldsOf(answer)
  return `${textOf(pool)}/${textOf(member)}`
}

/** Each by how long it holds: what has to be done about it depends on that. */
const certificates: Rendering = (answer, io, nowMs) =>
  recordTable(
    recordsOf(answer).map(({ names, expires, fingerprint, workers }) => ({
      names,
      expires: `${textOf(expires).slice(0, 16).replace('T', ' ')}Z`,
      in: inWords(Date.parse(textOf(expires)) - nowMs),
      workers,
      fingerprint,
    })),
    { io, withUnits: true },
  )

const inWords = (leftMs: number): string => (leftMs > 0 ? duration(leftMs) : 'expired')

/** Where else a purge is heard, as the edge that was asked knows it. */
const elsewhere: Readonly<Record<string, string>> = {
  told: '; the other edges are told',
  later: ' here; the other edges hear of it when their Redis is back',
}

const purged: Rendering = (answer) => {
  const { purged: count, others } = fieldsOf(answer)
  return [`${numberOf(count)} ${count === 1 ? 'response' : 'responses'} purged${elsewhere[textOf(others)] ?? ''}`]
}

const reloaded: Rendering = (answer) => {
  const { later } = fieldsOf(answer)
  const parts = Array.isArray(later) ? later.map(textOf) : []
  return [parts.length === 0 ? 'reloaded' : `reloaded; ${parts.join(', ')} wait for the next start or recycle`]
}

const cacheFigures: Rendering = (answer, io) => {
  const { hits, staleHits, misses, ...rest } = fieldsOf(answer)
  const answered = numberOf(hits) + numberOf(staleHits)
  const missed = Object.values(fieldsOf(misses)).reduce<number>((sum, count) => sum + numberOf(count), 0)
  const ratio = answered + missed === 0 ? '-' : `${((100 * answered) / (answered + missed)).toFixed(1)} %`
  return recordLines({ hitRatio: ratio, hits, staleHits, misses, ...rest }, { io, withUnits: true })
}

/** One line for what happened, one for where the time went. */
const slowRequests: Rendering = (answer, { colours }) =>
  recordsOf(answer).flatMap(({ at, method, authority, path, status, firstByteMs, requestId, client, layers }) => [
    `${textOf(at).slice(11, 19)}  ${textOf(method)} ${textOf(authority)}${textOf(path)} ${numberOf(status)}` +
      `  ${colours.yellow(duration(numberOf(firstByteMs)))}  ${colours.dim(`${textOf(client)}, request ${textOf(requestId)}`)}`,
    ...(recordsOf(layers).length === 0 ? [] : [`          ${layerTimes(recordsOf(layers))}`]),
  ])

/** Those that took a noticeable part, each with what is below it. */
const layerTimes = (layers: readonly AnyRecord[]): string =>
  layers.map(({ name, durationMs }) => `${textOf(name)} ${duration(numberOf(durationMs))}`).join(' > ')

const withUnits: Rendering = (answer, io) => recordLines(answer, { io, withUnits: true })

const renderings: Readonly<Record<string, Rendering>> = {
  pools: poolsText,
  certificates,
  explain: (answer, io) => (Array.isArray(answer) ? answer : [answer]).flatMap((one) => explainText(one, io)),
  cache: cacheFigures,
  slow: slowRequests,
  purge: purged,
  reload: reloaded,
  drain: (answer) => [
    `${memberOf(answer)} takes no new work; BUSY in ./roundtrip edge pools is what it still does, WHY says how long it may`,
  ],
  restore: (answer) => [`${memberOf(answer)} takes work again`],
  weight: (answer) => [`${memberOf(answer)} has weight ${numberOf(fieldsOf(answer)['weight'])}`],
  // As they are written in the file.
  settings: (answer, io) => recordLines(answer, { io, withUnits: false }),
}

/** @param verb what was asked @param nowMs wall-clock time, milliseconds since the epoch @returns lines, each ended */
export const render = (verb: string, answer: unknown, io: Io, nowMs: number = Date.now()): string => {
  if (typeof answer === 'string') return answer.endsWith('\n') ? answer : `${answer}\n`
  const lines = (renderings[verb] ?? withUnits)(answer, io, nowMs)
  return lines.length === 0 ? `${io.colours.dim('nothing')}\n` : `${lines.join('\n')}\n`
}
