import type { HttpHandler } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { testContext, testRequest, testResponse } from '../testing/messages.ts'
import { allowDeny, type AllowDenySettings } from './allow-deny.ts'

const ok: HttpHandler = async () => testResponse()

const statusFor = async (client: string, lists: Partial<AllowDenySettings>): Promise<unknown> => {
  const handler = allowDeny({ allow: [], deny: [], ...lists })(ok)
  try {
    return (await handler(testRequest(), testContext({ client }))).status
  } catch (error) {
    return (error as { code: unknown }).code
  }
}

describe('allowDeny', () => {
  it.each([
    ['192.0.2.1', {}, 200],
    ['192.0.2.1', { deny: ['192.0.2.0/24'] }, 'FORBIDDEN'],
    ['198.51.100.1', { deny: ['192.0.2.0/24'] }, 200],
    ['192.0.2.1', { allow: ['192.0.2.0/24'] }, 200],
    ['198.51.100.1', { allow: ['192.0.2.0/24'] }, 'FORBIDDEN'],
    ['192.0.2.1', { allow: ['192.0.2.1'], deny: ['192.0.2.0/24'] }, 'FORBIDDEN'],
    ['::ffff:192.0.2.1', { deny: ['192.0.2.1'] }, 'FORBIDDEN'],
    ['', { allow: ['0.0.0.0/0', '::/0'] }, 'FORBIDDEN'],
  ] as const)('%s with %o: %s', async (client, lists, expected) => {
    expect(await statusFor(client, lists as Partial<AllowDenySettings>)).toBe(expected)
  })

  it('is not there when there are no lists', () => {
    expect(allowDeny({ allow: [], deny: [] })(ok)).toBe(ok)
  })
})
