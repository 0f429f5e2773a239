/** Whether a request would be answered from the cache, why, and what is stored for it. */
import { table } from '../terminal/table.ts'
import { age } from '../terminal/units.ts'
import { isRecord, numberOf, recordsOf, textOf, type AnyRecord, type Reading } from './records-text.ts'

/** The words of the admin API, most of them those of Cache-Status (RFC 9211). */
const sentences: Readonly<Record<string, string>> = {
  hit: 'answered from the cache',
  'stale-hit': 'answered from the cache though stale, as the origin or the request allows',
  'hit-and-revalidate': 'answered from the cache at once, and asked for anew behind that',
  stale: 'what is stored is stale: the origin is asked whether it still holds',
  request: 'the request wants the origin to be asked (Cache-Control)',
  'uri-miss': 'nothing is stored under this key',
  'vary-miss': 'what is stored is for requests with other fields (Vary)',
  partial: 'the parts that are stored do not cover what is wanted',
  uncacheable: 'what came last could not be stored, so nobody waits for it',
  method: 'only GET and HEAD are answered from the cache',
  disabled: 'the cache is off on this route',
  path: 'the settings of the route let this path go past',
  cookie: 'the settings of the route let requests with this cookie go past',
  'if-match': 'If-Match and If-Unmodified-Since are for the origin',
  'request-content': 'a request with content is for the origin',
}

/** How the cache writes that a request had no such field. */
const absent = '\0'

/** @returns lines without newlines */
export const explainText = (answer: unknown, io: Reading['io']): string[] => {
  const { decision, reason, route, key, selected, variants } = isRecord(answer) ? answer : {}
  const word = textOf(decision)
  const why = sentences[textOf(reason)] ?? sentences[word] ?? textOf(reason)
  return [
    `${io.colours[word.includes('hit') && word !== 'hit-for-miss' ? 'green' : 'yellow'](word)}: ${why}`,
    `${io.colours.dim('route')}  ${textOf(route)}`,
    `${io.colours.dim('key')}    ${textOf(key)}`,
    ...variantTable(recordsOf(variants), isRecord(selected) ? selected : undefined, io),
  ]
}

const variantTable = (
  variants: readonly AnyRecord[],
  selected: AnyRecord | undefined,
  { colours }: Reading['io'],
): string[] => {
  if (variants.length === 0) return []
  const chosen = JSON.stringify(selected)
  return table(
    [
      { title: 'STORED' },
      { title: 'AGE', align: 'right' },
      { title: 'FRESH FOR', align: 'right' },
      { title: 'BY' },
      { title: 'IN' },
      { title: 'TAGS' },
      { title: 'VARY' },
    ],
    variants.map((variant) => [
      `${numberOf(variant['status'])}${JSON.stringify(variant) === chosen ? ', fits' : ''}`,
      age(numberOf(variant['ageMs'])),
      freshFor(variant),
      textOf(variant['freshnessSource']),
      textOf(variant['where']),
      list(variant['surrogateKeys']),
      Object.entries(isRecord(variant['vary']) ? variant['vary'] : {})
        .map(([name, value]) => `${textOf(name)}: ${value === absent ? 'none' : textOf(value)}`)
        .join(', '),
    ]),
    { colours },
  )
}

const freshFor = ({ remainingMs, isSoftPurged }: AnyRecord): string => {
  if (isSoftPurged === true) return 'purged'
  const leftMs = numberOf(remainingMs)
  return leftMs > 0 ? age(leftMs) : `-${age(-leftMs)}`
}

const list = (value: unknown): string => (Array.isArray(value) ? value.map(textOf).join(' ') : '')
