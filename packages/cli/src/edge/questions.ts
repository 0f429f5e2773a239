/** What can be asked of an edge, and how it is put to its admin API. */
import { nearest } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import type { Question } from './admin-client.ts'

/** What stands after the verb on the command line. */
export interface Words {
  readonly subject: string | undefined
  readonly soft: boolean
  readonly prefix: string | undefined
  readonly host: string | undefined
  readonly tags: readonly string[]
  /** `name: value` lines that make `explain` ask as a certain client would. */
  readonly headers: readonly string[]
  readonly method: string | undefined
  readonly weight: string | undefined
}

type Ask = (words: Words) => Question

const plain =
  (method: Question['method'], path: string): Ask =>
  () => ({ method, path })

const wanted = (subject: string | undefined, what: string): string => {
  if (subject !== undefined) return subject
  throw new RoundtripError('USAGE', `Something is missing: ${what}. See ./roundtrip edge --help.`)
}

/** `web/127.0.0.1:8101` */
const memberPath = (subject: string | undefined): string => {
  const [pool = '', member = '', ...rest] = wanted(subject, 'a member such as web/127.0.0.1:8101').split('/')
  if (pool === '' || member === '' || rest.length > 0) {
    throw new RoundtripError('USAGE', `${subject} is no member: write one such as web/127.0.0.1:8101.`)
  }
  return `/pools/${encodeURIComponent(pool)}/members/${encodeURIComponent(member)}`
}

const explain: Ask = ({ subject, headers, method }) => {
  const query = new URLSearchParams({ url: wanted(subject, 'a URL') })
  if (method !== undefined) query.set('method', method)
  for (const line of headers) query.append('header', line)
  return { method: 'GET', path: `/cache/explain?${query.toString()}` }
}

const purge: Ask = ({ subject, soft, prefix, host, tags }) => {
  const commands = [
    ...(subject === undefined ? [] : [{ url: subject }]),
    ...(prefix === undefined ? [] : [{ prefix }]),
    ...(host === undefined ? [] : [{ host }]),
    ...(tags.length === 0 ? [] : [{ surrogateKeys: tags }]),
  ]
  const [command, second] = commands
  if (command === undefined || second !== undefined) {
    throw new RoundtripError(
      'USAGE',
      'Say one thing to purge: a URL, --prefix URL, --host HOST, or --tag TAG (several if need be).',
    )
  }
  return { method: 'POST', path: '/cache/purge', body: { ...command, soft } }
}

const weigh: Ask = ({ subject, weight }) => {
  if (weight === undefined || !/^\d+$/.test(weight)) throw new RoundtripError('USAGE', 'Say which weight: --weight 5.')
  return { method: 'POST', path: `${memberPath(subject)}/weight`, body: { weight: Number(weight) } }
}

export const questions: Readonly<Record<string, Ask>> = {
  pools: plain('GET', '/pools'),
  drain: ({ subject }) => ({ method: 'POST', path: `${memberPath(subject)}/drain` }),
  restore: ({ subject }) => ({ method: 'POST', path: `${memberPath(subject)}/restore` }),
  weight: weigh,
  cache: plain('GET', '/cache'),
  explain,
  purge,
  certificates: plain('GET', '/certificates'),
  connections: plain('GET', '/connections'),
  slow: plain('GET', '/slow'),
  settings: plain('GET', '/settings'),
  metrics: plain('GET', '/metrics'),
  workers: plain('GET', '/workers'),
  reload: plain('POST', '/reload'),
  recycle: plain('POST', '/recycle'),
}

/** @throws RoundtripError `USAGE` for a verb there is not, or words that do not fit it */
export const questionOf = (verb: string, words: Words): Question => {
  const ask = questions[verb]
  if (ask !== undefined) return ask(words)
  const guess = nearest(verb, Object.keys(questions))
  const hint = guess === undefined ? `There are ${Object.keys(questions).join(', ')}.` : `Did you mean ${guess}?`
  throw new RoundtripError('USAGE', `An edge cannot be asked for ${JSON.stringify(verb)}. ${hint}`)
}
