import { describe, expect, it } from 'vitest'
import { Fields } from '../fields.ts'
import { testContext, testRequest, testResponse } from '../testing.ts'
import { securityHeaders } from './security-headers.ts'

const answer = async (
  overwrite: boolean,
  scheme: 'http' | 'https',
  given: Record<string, string>,
): Promise<unknown> => {
  const layer = securityHeaders({
    always: { 'referrer-policy': 'same-origin', 'x-content-type-options': 'nosniff' },
    overTls: { 'strict-transport-security': 'max-age=1' },
    removed: ['server', 'x-powered-by'],
    overwrite,
  })
  const handler = layer(async () => testResponse({ fields: Fields.of(given) }))
  return Object.fromEntries((await handler(testRequest({ scheme }), testContext())).fields)
}

describe('securityHeaders', () => {
  const given = { server: 'origin/1.2', 'x-powered-by': 'magic', 'referrer-policy': 'no-referrer', etag: '"1"' }

  it('sets what the origin has not set, and removes what tells too much', async () => {
    expect(await answer(false, 'https', given)).toEqual({
      'referrer-policy': 'no-referrer',
      etag: '"1"',
      'x-content-type-options': 'nosniff',
      'strict-transport-security': 'max-age=1',
    })
  })

  it('overwrites by setting', async () => {
    expect(await answer(true, 'https', given)).toMatchObject({ 'referrer-policy': 'same-origin', etag: '"1"' })
  })

  it('asks for TLS only over TLS', async () => {
    expect(await answer(false, 'http', {})).toEqual({
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    })
  })
})
