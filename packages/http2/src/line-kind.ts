/** What a field line is to a request (RFC 9113 §8.2, §8.3): judged once for each line, however often it comes by index. */
import { disguisedField, isFieldName, isFieldValue, isMethod } from '@roundtrip/http'
import type { FieldLine } from './hpack/field-line.ts'

export const lineKind = {
  malformed: 1,
  regular: 2,
  method: 3,
  scheme: 4,
  authority: 5,
  path: 6,
  host: 7,
  cookie: 8,
  contentLength: 9,
  expect: 10,
} as const

/** A request needs names and values that mean the same to every hop behind us. */
export const kindOf = (line: FieldLine): number => {
  if (line.kind === 0) line.kind = judge(line.name, line.value)
  return line.kind
}

const pseudo = new Map<string, number>([
  [':method', lineKind.method],
  [':scheme', lineKind.scheme],
  [':authority', lineKind.authority],
  [':path', lineKind.path],
])

const special = new Map<string, number>([
  ['host', lineKind.host],
  ['cookie', lineKind.cookie],
  ['content-length', lineKind.contentLength],
  ['expect', lineKind.expect],
])

/** HTTP/2 has its own ways to say these (RFC 9113 §8.2.2); a hop that speaks HTTP/1.1 would believe them. */
const connectionSpecific = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])

const judge = (name: string, value: string): number => {
  if (name.startsWith(':')) {
    const isWellFormed = isFieldValue(value) && (name !== ':method' || isMethod(value))
    return isWellFormed ? (pseudo.get(name) ?? lineKind.malformed) : lineKind.malformed
  }
  const isRefused =
    !isFieldName(name) ||
    !isFieldValue(value) ||
    isPadded(value) ||
    connectionSpecific.has(name) ||
    disguisedField(name) !== undefined ||
    (name === 'te' && value !== 'trailers') ||
    (name === 'content-length' && !isLength(value))
  return isRefused ? lineKind.malformed : (special.get(name) ?? lineKind.regular)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

const isPadded = (value: string): boolean =>
  value.length > 0 && (isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1)))

/** Digits only, without leading zeros, and few enough to be exact as a number: as HTTP/1.1 is read. */
const isLength = (value: string): boolean => /^(?:0|[1-9]\d{0,14})$/.test(value)
