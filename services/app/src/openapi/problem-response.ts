/** Failures in the description of the API: problem details (RFC 9457) with the codes that can stand in them. */
import { problemMediaType, problemSchema } from '@roundtrip/contracts'
import { codes, RoundtripError, type ErrorCode } from '@roundtrip/errors'
import { toProblem } from '@roundtrip/http'
import { passesSoon } from '../http/error-envelope.ts'

/** For a route's `response`. @param description in words; the codes that it names are those that are answered */
export const problemResponse = (description: string) => ({
  description,
  content: { [problemMediaType]: { schema: problemSchema } },
})

const isCode = (word: string): word is ErrorCode => Object.hasOwn(codes, word)

export const codesNamedIn = (description: string): ErrorCode[] =>
  [...description.matchAll(/\b[A-Z][A-Z_]+\b/g)].map(([word]): string => word).filter(isCode)

/** In `components.examples`. */
export const problemExample = (code: ErrorCode) => ({
  summary: codes[code].message,
  value: {
    ...toProblem(new RoundtripError(code), '3f0b6f3e-7c5f-4e35-9a35-6b7a5f0d9f10'),
    instance: '/api/products/7',
  },
})

const ref = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` })

/** One response of an operation. @param text what its route says of it, if anything */
export const failureResponse = (status: number, all: readonly ErrorCode[], text: string | undefined) => {
  const untold = all.filter((code) => text === undefined || !codesNamedIn(text).includes(code))
  const told = untold.map((code) => `${code}: ${codes[code].message}`)
  const mayPass = all.some((code) => passesSoon(new RoundtripError(code)))
  const isChallenged = status === 401 || all.includes('SCOPE_REQUIRED')
  const schema = { ...ref('schemas', 'Problem'), properties: { status: { const: status }, code: { enum: all } } }
  return {
    description: [...(text === undefined ? [] : [text]), ...told].join('\n\n'),
    headers: {
      'X-Request-Id': ref('headers', 'X-Request-Id'),
      ...(mayPass && { 'Retry-After': ref('headers', 'Retry-After') }),
      ...(isChallenged && { 'WWW-Authenticate': ref('headers', 'WWW-Authenticate') }),
    },
    content: {
      [problemMediaType]: { schema, examples: Object.fromEntries(all.map((code) => [code, ref('examples', code)])) },
      // For browsers, which ask for it.
      'text/html': { schema: { type: 'string' } },
    },
  }
}
