/** What is held against answers out of a cache, shown by answers that lie. */
import { describe, expect, it } from 'vitest'
import { cachedAnswer, cachedProblem, cachedTarget, versionMs, type KindName } from './cached-content.ts'

const nowMs = 1_000_000 * versionMs
const ofAlice = { 'x-client': 'alice', 'x-variant': 'red' }

const ask = (kind: KindName, request: Record<string, string> = ofAlice, atMs = nowMs, id = 1) => {
  const answer = cachedAnswer(cachedTarget(kind, id), request, atMs)
  if (answer === undefined) throw new Error(`nothing answers for ${kind}`)
  return answer
}

const problemOf = (kind: KindName, answer: ReturnType<typeof ask>, fields: Record<string, string> = ofAlice) =>
  cachedProblem({ target: cachedTarget(kind, 1), fields, askedAtMs: nowMs }, answer)

const kinds = ['strict', 'varied', 'lenient', 'cold', 'large', 'private', 'cookie'] as const

describe.each(kinds)('an answer of the kind %s', (kind) => {
  it('is right as the origin gives it, whole and in part', () => {
    expect(problemOf(kind, ask(kind))).toBeUndefined()
    const range = { ...ofAlice, range: 'bytes=7-99' }
    expect(ask(kind, range)).toMatchObject({ status: 206 })
    expect(problemOf(kind, ask(kind, range), range)).toBeUndefined()
  })

  it('is wrong when it is another URL’s, cut short, or of an older version than it says', () => {
    const whole = ask(kind)
    expect(problemOf(kind, ask(kind, ofAlice, nowMs, 2))).toMatch(/bytes of/)
    expect(problemOf(kind, { ...whole, content: whole.content.subarray(1) })).toMatch(/bytes of/)
    expect(problemOf(kind, { ...whole, content: ask(kind, ofAlice, nowMs - versionMs).content })).toMatch(/bytes of/)
  })

  it('is wrong when it is too old', () => {
    expect(problemOf(kind, ask(kind, ofAlice, nowMs - 70_000))).toMatch(/^version/)
  })

  it('is wrong as a part that was not asked for', () => {
    const part = ask(kind, { ...ofAlice, range: 'bytes=7-99' })
    expect(problemOf(kind, part, { ...ofAlice, range: 'bytes=8-99' })).toMatch(/bytes of/)
    expect(problemOf(kind, { ...part, status: 200 })).toMatch(/bytes of/)
  })
})

it.each([
  ['varied', { 'x-client': 'alice', 'x-variant': 'blue' }],
  ['private', { 'x-client': 'bob', 'x-variant': 'red' }],
  ['cookie', { 'x-client': 'bob', 'x-variant': 'red' }],
] as const)("the answer %s is wrong when it is somebody else's", (kind, other) => {
  expect(problemOf(kind, ask(kind, other))).toMatch(/^made for/)
})

it('a cookie is wrong wherever it does not belong', () => {
  const answer = ask('cold')
  expect(problemOf('cold', { ...answer, fields: { ...answer.fields, 'set-cookie': 'client=bob' } })).toMatch(/cookie/)
})
