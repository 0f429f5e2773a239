/** What clients ask, in turn, and what they must get for it. */
import { cachedProblem, cachedTarget, type KindName } from './cached-content.ts'
import { contentFor, lengthFor, targetFor } from './content.ts'
import type { Question, Reply } from './lane.ts'

export interface Asked {
  readonly question: Question
  /** What is wrong with an answer that is no failure: never to be excused. */
  readonly problemOf: (reply: Reply) => string | undefined
}

/** @param count of the requests so far; each has its own */
export type Plan = (count: number) => Asked

/** Content that nobody else asks for; sent as well when it is a POST, which may be done only once. */
const own = (count: number, method: Question['method']): Asked => {
  const id = `request-${count}`
  const expected = contentFor(id, lengthFor(count))
  const content = method === 'POST' ? expected : undefined
  const problemOf = ({ content: got }: Reply): string | undefined =>
    got.equals(expected) ? undefined : `${got.length} bytes of ${expected.length}, ${got.toString('latin1', 0, 40)}`
  return { question: { method, target: targetFor(id, expected.length), content, fields: {} }, problemOf }
}

/** Nothing that could be cached: every answer comes from a next hop. One in five is a POST. */
export const ownContent: Plan = (count) => own(count, count % 5 === 0 ? 'POST' : 'GET')

const variants = 3
/** Of each kind that is asked for again and again. */
const urls = 4

const cached = (kind: KindName, id: number, count: number, range?: string): Asked => {
  const target = cachedTarget(kind, id)
  const fields = { 'x-variant': `variant-${count % variants}`, 'x-client': `client-${count}`, ...(range && { range }) }
  const asked = { target, fields, askedAtMs: Date.now() }
  return {
    question: { method: 'GET', target, content: undefined, fields },
    problemOf: (reply) => cachedProblem(asked, reply),
  }
}

type Turn = (count: number, round: number) => Asked

const post: Turn = (count) => own(count, 'POST')
const get: Turn = (count) => own(count, 'GET')
const again =
  (kind: KindName): Turn =>
  (count, round) =>
    cached(kind, round % urls, count)
/** A URL that nobody has asked for before, and that neighbours ask for now. */
const once =
  (kind: KindName): Turn =>
  (count, round) =>
    cached(kind, round, count)
/** Within the 5000 bytes that all have. */
const part: Turn = (count, round) =>
  cached('strict', round % urls, count, `bytes=${count % 2000}-${2000 + (count % 3000)}`)
const coldPart: Turn = (count, round) => cached('cold', round, count, `bytes=${count % 2000}-${2000 + (count % 3000)}`)

/** Neighbours are under way at the same time. */
const turns: readonly Turn[] = [
  [post, get, coldPart, once('cold'), once('cold'), once('cold'), once('cold'), coldPart],
  [once('large'), once('large'), once('large'), get, again('private'), again('private'), again('cookie')],
  [post, again('strict'), part, again('varied'), again('varied'), again('varied'), again('lenient'), part],
  [again('lenient'), again('strict')],
].flat()

/** What a cache is for, what it must keep its hands off, and what it has no part in. */
export const everything: Plan = (count) => {
  const turn = turns[count % turns.length] ?? get
  return turn(count, Math.floor(count / turns.length))
}
