/** What is refused, with which status, and that nothing is changed on the way. */
import { Readable } from 'node:stream'
import type { RoundtripError } from '@roundtrip/errors'
import type { HttpRequest } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { testContext, testRequest, testResponse } from '../testing/messages.ts'
import { validate, type ValidateOptions } from './validate.ts'

const options: ValidateOptions = {
  hosts: ['www.roundtrip.test'],
  methods: ['GET', 'HEAD', 'POST', 'OPTIONS', 'TRACE'],
  maxTargetBytes: 100,
  privatePaths: ['/health'],
  dotSegments: 'refuse',
  backslashes: 'refuse',
  encodedSlashes: 'allow',
  emptySegments: 'allow',
  contentOnRead: 'refuse',
  serverNames: 'must-agree',
}

const run = async (request: Partial<HttpRequest>, overrides: Partial<ValidateOptions> = {}, serverName?: string) => {
  let forwarded: HttpRequest | undefined
  const handler = validate({ ...options, ...overrides })(async (given) => {
    forwarded = given
    return testResponse()
  })
  const tls = { protocol: 'TLSv1.3', cipher: '', resumed: false, ...(serverName !== undefined && { serverName }) }
  const given = testRequest(request)
  try {
    const response = await handler(given, testContext({ downstream: { address: '', port: 0, tls } }))
    return { response, passed: forwarded === given }
  } catch (error) {
    return { code: (error as RoundtripError).code, error: error as RoundtripError, passed: forwarded !== undefined }
  }
}

const sharesCertificate = (name: string, host: string): boolean => name === 'api.test' && host === 'www.roundtrip.test'

describe('validate', () => {
  it.each(['www.roundtrip.test', 'www.roundtrip.test:8443', 'www.roundtrip.test.:1'])(
    'serves %s',
    async (authority) => {
      expect((await run({ authority })).passed).toBe(true)
    },
  )

  it.each(['evil.test', 'www.roundtrip.test.evil.test', '[::1]:8443'])('misdirected: %s', async (authority) => {
    expect(await run({ authority })).toMatchObject({ code: 'MISDIRECTED_REQUEST', passed: false })
    expect((await run({ authority }, { hosts: [] })).passed).toBe(true)
  })

  it('takes a connection for the name it was opened for, and for those its certificate is shared with', async () => {
    const request = { authority: 'www.roundtrip.test:8443' }
    expect((await run(request, {}, 'www.roundtrip.test')).passed).toBe(true)
    expect(await run(request, {}, 'other.test')).toMatchObject({ code: 'MISDIRECTED_REQUEST', passed: false })
    expect((await run(request, { sharesCertificate }, 'api.test')).passed).toBe(true)
    expect((await run(request, { sharesCertificate }, 'other.test')).passed).toBe(false)
    expect((await run(request, { serverNames: 'any' }, 'other.test')).passed).toBe(true)
  })

  it.each(['TRACE', 'CONNECT', 'DELETE', 'get', 'PROPFIND'])('refuses %s and says what is taken', async (method) => {
    const { code, error } = await run({ method })
    expect([code, error?.details]).toEqual(['METHOD_NOT_ALLOWED', { allow: 'GET, HEAD, POST, OPTIONS' }])
  })

  it.each(['DELETE', 'PROPFIND', 'M-SEARCH'])('leaves %s to next hops where no methods are named', async (method) => {
    expect(await run({ method }, { methods: [] })).toMatchObject({ passed: true })
    expect(await run({ method: 'TRACE' }, { methods: [] })).toMatchObject({ code: 'METHOD_NOT_ALLOWED', passed: false })
  })

  it('answers for the server as a whole', async () => {
    const { response, passed } = await run({ method: 'OPTIONS', target: '*' })
    expect([response?.status, response?.fields.get('allow'), passed]).toEqual([204, 'GET, HEAD, POST, OPTIONS', false])
  })

  it.each([
    '/health',
    '/health/web?x=1',
    '//health/web',
    '/%68ealth/ready',
    '/HEALTH/live',
    '/assets/../health/ready',
    '/assets/%2e%2e%2fhealth/ready',
    '/%2fhealth/web',
  ])('keeps %s to itself', async (target) => {
    expect(await run({ target })).toMatchObject({ code: 'NOT_FOUND', passed: false })
  })

  it('refuses what could be read in two ways, and passes on the rest as it came', async () => {
    expect(await run({ target: '/a/../b' })).toMatchObject({ code: 'BAD_REQUEST', passed: false })
    for (const target of ['/healthy', '/api/health', '/100%', '/%zz', '/a//b%2Fc', '/?next=/health'])
      expect((await run({ target })).passed).toBe(true)
  })

  it('refuses targets beyond the limit', async () => {
    expect((await run({ target: `/${'a'.repeat(99)}` })).passed).toBe(true)
    expect(await run({ target: `/${'a'.repeat(100)}` })).toMatchObject({ code: 'URI_TOO_LONG', passed: false })
  })

  it.each(['GET', 'HEAD'])('refuses %s with content', async (method) => {
    expect(await run({ method, body: Readable.from([]) })).toMatchObject({ code: 'BAD_REQUEST', passed: false })
    expect((await run({ method, body: Readable.from([]) }, { contentOnRead: 'allow' })).passed).toBe(true)
    expect((await run({ method, body: Readable.from([]), httpVersion: '2' })).passed).toBe(true)
    expect((await run({ method: 'POST', body: Readable.from([]) })).passed).toBe(true)
  })
})
