import { RoundtripError } from '@roundtrip/errors'
import { describe, expect, it } from 'vitest'
import { problemResponse } from './problem.ts'

describe('problemResponse', () => {
  it('is problem+json with our code and the request id, never the cause', () => {
    const cause = new Error('password authentication failed')
    const response = problemResponse(new RoundtripError('DATABASE_UNAVAILABLE', undefined, { cause }), 'r-1')
    expect(response.status).toBe(503)
    expect(Object.fromEntries(response.fields)).toEqual({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'retry-after': '1',
    })
    expect(JSON.parse(response.body as string)).toEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      detail: 'The database is not available; try again shortly.',
      code: 'DATABASE_UNAVAILABLE',
      requestId: 'r-1',
    })
  })

  it('says which methods are allowed, and how long the resource is', () => {
    const notAllowed = new RoundtripError('METHOD_NOT_ALLOWED', undefined, { details: { allow: 'GET, HEAD' } })
    expect(problemResponse(notAllowed, '').fields.get('allow')).toBe('GET, HEAD')
    const outside = new RoundtripError('RANGE_NOT_SATISFIABLE', undefined, { details: { contentRange: 'bytes */10' } })
    expect(problemResponse(outside, '').fields.get('content-range')).toBe('bytes */10')
  })

  it('closes the connection when the rest of the request cannot be trusted', () => {
    expect(problemResponse(new RoundtripError('BODY_TOO_LARGE'), '').fields.get('connection')).toBe('close')
    expect(problemResponse(new RoundtripError('NOT_FOUND'), '').fields.has('connection')).toBe(false)
  })
})
