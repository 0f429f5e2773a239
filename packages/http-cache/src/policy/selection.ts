/** Which of the stored responses of a URL answers a request (RFC 9111 §4.1): Vary, with equal meanings made equal texts. */
import { fieldName, remembered, type Fields } from '@roundtrip/http'

/** Other names of the same codings (RFC 9110 §8.4.1). */
const sameCodings: Readonly<Record<string, string>> = { 'x-gzip': 'gzip', 'x-compress': 'compress' }

/** The names in Vary, in lower case, sorted, each once. */
export const varyNames = (fields: Fields): readonly string[] => {
  const vary = fields.get('vary')
  if (vary === undefined) return []
  const names = vary.split(',').map((name) => name.trim().toLowerCase())
  return [...new Set(names.filter((name) => name !== ''))].toSorted()
}

/** `*` anywhere in Vary: no request will ever be known to match. */
export const variesOnAll = (fields: Fields): boolean => {
  const vary = fields.get('vary')
  return vary !== undefined && vary.includes('*') && vary.split(',').some((name) => name.trim() === '*')
}

const weightOf = (parameters: readonly string[]): number => {
  const q = parameters.find((parameter) => /^\s*q\s*=/i.test(parameter))
  return q === undefined ? 1 : Number(q.slice(q.indexOf('=') + 1)) || 0
}

const weighted = (value: string): { name: string; weight: number }[] =>
  value
    .split(',')
    .map((member) => {
      const [name = '', ...parameters] = member.split(';')
      return { name: name.trim().toLowerCase(), weight: weightOf(parameters) }
    })
    .filter(({ name }) => name !== '')

const codingsOf = (members: readonly { readonly name: string }[]): string[] =>
  members.map(({ name }) => sameCodings[name] ?? name).filter((name) => name !== 'identity')

/** The codings a client takes, however it writes and ranks them; what it refuses where that is more than not to name it. */
const normaliseEncoding = (value: string): string => {
  const members = weighted(value)
  const accepted = codingsOf(members.filter(({ weight }) => weight > 0))
  const refused = members.filter(({ weight }) => weight === 0)
  const takesIdentity = members.some(({ name, weight }) => weight > 0 && name === 'identity')
  const refusesIdentity = refused.some(({ name }) => name === 'identity' || (name === '*' && !takesIdentity))
  // Not to be named is to be refused, but beside "*" (RFC 9110 §12.5.3).
  const excepted = accepted.includes('*') ? codingsOf(refused).map((name) => `!${name}`) : []
  return [...new Set([...accepted, ...excepted, ...(refusesIdentity ? ['!identity'] : [])])].toSorted().join(',')
}

/** Languages by falling weight, those of equal weight in one order; refused ones are exceptions from a wider range. */
const normaliseLanguage = (value: string): string =>
  weighted(value)
    .toSorted((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1))
    .map(({ name, weight }) => (weight === 1 ? name : `${name};q=${weight}`))
    .join(',')

/** Blanks around commas mean nothing in a list; lines were joined by commas before. */
const normaliseOther = (value: string): string => value.replaceAll(/[ \t]*,[ \t]*/g, ',').trim()

/** Few texts come again and again: most requests need no parsing at all. */
const mostRemembered = 512

const normalisers: Record<string, (value: string) => string> = {
  'accept-encoding': remembered(normaliseEncoding, mostRemembered),
  'accept-language': remembered(normaliseLanguage, mostRemembered),
}

const normalise = (name: string, value: string): string => (normalisers[name] ?? normaliseOther)(value)

export interface SelectionRules {
  /** Whether equal meanings of Accept-Encoding and Accept-Language count as equal. */
  readonly normaliseVary: boolean
}

/** The value by which variants are told apart; absent is another value than empty (§4.1). */
export const selectingValue = (fields: Fields, name: string, { normaliseVary }: SelectionRules): string => {
  const value = fields.get(fieldName(name))
  if (value === undefined) return '\0'
  return normaliseVary ? normalise(name, value) : normaliseOther(value)
}

export const selectingValues = (fields: Fields, names: readonly string[], rules: SelectionRules): readonly string[] =>
  names.map((name) => selectingValue(fields, name, rules))

/** Whether a request has the selecting values under which a response was stored. */
export const matches = (
  fields: Fields,
  names: readonly string[],
  values: readonly string[],
  rules: SelectionRules,
): boolean => {
  for (let i = 0; i < names.length; i++) {
    if (selectingValue(fields, names[i] ?? '', rules) !== values[i]) return false
  }
  return true
}
