import { describe, expect, it } from 'vitest'
import { codes } from './codes.ts'
import { RoundtripError, toRoundtripError } from './roundtrip-error.ts'

describe('the table of codes', () => {
  it.each(Object.entries(codes))('%s has a status, a sentence and one party at fault', (_code, entry) => {
    expect(entry.status).toBeGreaterThanOrEqual(400)
    expect(entry.status).toBeLessThan(600)
    expect(entry.message).toMatch(/^[A-Z].*\.$/)
    // A 4xx tells a client that the fault is its own, so nobody else's may be reported as one.
    expect(entry.status < 500 && entry.source !== 'downstream').toBe(false)
    expect(entry.source === 'upstream' && ![502, 503, 504].includes(entry.status)).toBe(false)
  })
})

describe('RoundtripError', () => {
  it('takes everything from the table', () => {
    const error = new RoundtripError('UPSTREAM_TIMEOUT')
    expect(error).toMatchObject({
      ...codes.UPSTREAM_TIMEOUT,
      name: 'RoundtripError',
      code: 'UPSTREAM_TIMEOUT',
      details: {},
    })
    expect('cause' in error).toBe(false)
  })

  it('keeps a sentence, a cause, details and another source', () => {
    const cause = new Error('ECONNREFUSED')
    const error = new RoundtripError('NOT_FOUND', 'No such product.', {
      cause,
      source: 'internal',
      details: { slug: 'x' },
    })
    expect(error).toMatchObject({ message: 'No such product.', cause, source: 'internal', status: 404 })
    expect(error.details).toEqual({ slug: 'x' })
  })
})

describe('toRoundtripError', () => {
  it('leaves our own errors alone', () => {
    const error = new RoundtripError('NOT_FOUND')
    expect(toRoundtripError(error)).toBe(error)
  })

  it.each([new TypeError('x is undefined'), 'a thrown string', undefined])('wraps %s without telling it', (thrown) => {
    const error = toRoundtripError(thrown)
    expect(error.code).toBe('INTERNAL')
    expect(error.cause).toBe(thrown)
    expect(error.message).toBe(codes.INTERNAL.message)
  })
})
