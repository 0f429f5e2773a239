import { describe, expect, it } from 'vitest'
import { evaluatePreconditions, rangeApplies } from './conditional.ts'
import { Fields } from './fields.ts'

const lastModified = new Date(Date.UTC(2026, 0, 1, 12, 0, 0, 500))
const at = 'Thu, 01 Jan 2026 12:00:00 GMT'
const before = 'Thu, 01 Jan 2026 11:59:59 GMT'
const current = { etag: '"a"', lastModified }

describe('evaluatePreconditions', () => {
  it.each([
    ['GET', {}, 'proceed'],
    ['GET', { 'if-none-match': '"a"' }, 'not-modified'],
    ['HEAD', { 'if-none-match': '"b", W/"a"' }, 'not-modified'],
    ['GET', { 'if-none-match': '*' }, 'not-modified'],
    ['GET', { 'if-none-match': '"b"' }, 'proceed'],
    ['GET', { 'if-none-match': 'a' }, 'proceed'],
    ['PUT', { 'if-none-match': '*' }, 'failed'],
    ['GET', { 'if-modified-since': at }, 'not-modified'],
    ['GET', { 'if-modified-since': before }, 'proceed'],
    ['GET', { 'if-modified-since': 'yesterday' }, 'proceed'],
    ['PUT', { 'if-modified-since': at }, 'proceed'],
    ['PUT', { 'if-match': '"a"' }, 'proceed'],
    ['PUT', { 'if-match': 'W/"a"' }, 'failed'],
    ['PUT', { 'if-match': '*' }, 'proceed'],
    ['GET', { 'if-match': '"b"' }, 'failed'],
    ['GET', { 'if-unmodified-since': before }, 'failed'],
    ['GET', { 'if-unmodified-since': at }, 'proceed'],
  ] as const)('%s with %j: %s', (method, fields, outcome) => {
    expect(evaluatePreconditions(method, Fields.of(fields), current)).toBe(outcome)
  })

  it('lets entity tags win over dates', () => {
    const unchangedByTag = Fields.of({ 'if-none-match': '"b"', 'if-modified-since': at })
    expect(evaluatePreconditions('GET', unchangedByTag, current)).toBe('proceed')
    const matchedByTag = Fields.of({ 'if-match': '"a"', 'if-unmodified-since': before })
    expect(evaluatePreconditions('GET', matchedByTag, current)).toBe('proceed')
  })

  it('evaluates If-Match before If-None-Match', () => {
    const fields = Fields.of({ 'if-match': '"b"', 'if-none-match': '"a"' })
    expect(evaluatePreconditions('GET', fields, current)).toBe('failed')
  })
})

describe('rangeApplies', () => {
  it.each([
    [undefined, true],
    ['"a"', true],
    ['W/"a"', false],
    ['"b"', false],
    [at, true],
    [before, false],
    ['nonsense', false],
  ])('If-Range: %s gives %s', (ifRange, applies) => {
    expect(rangeApplies(Fields.of({ 'if-range': ifRange }), current)).toBe(applies)
  })

  it('never takes a weak tag of ours for a match', () => {
    expect(rangeApplies(Fields.of({ 'if-range': 'W/"a"' }), { etag: 'W/"a"' })).toBe(false)
  })
})
