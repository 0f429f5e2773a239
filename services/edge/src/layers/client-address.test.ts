/** Whom the edge takes for the client, by who is connected and what the fields say. */
import { Fields, type HttpRequest } from '@roundtrip/http'
import { describe, expect, it } from 'vitest'
import { testContext, testRequest, testResponse } from '../testing/messages.ts'
import { clientAddress, type ClientAddressSettings } from './client-address.ts'

const settings: ClientAddressSettings = {
  trustedHops: ['10.0.0.0/8', 'fd00::/8'],
  forwardingField: 'x-forwarded-for',
}

const run = async (
  address: string,
  fields: Record<string, string>,
  overrides: Partial<ClientAddressSettings> = {},
): Promise<{ client: string; status: number; forwarded: HttpRequest | undefined }> => {
  const context = testContext({ downstream: { address, port: 1 }, client: address })
  let forwarded: HttpRequest | undefined
  const handler = clientAddress({ ...settings, ...overrides })(async (request) => {
    forwarded = request
    return testResponse()
  })
  const { status } = await handler(testRequest({ scheme: 'http', fields: Fields.of(fields) }), context)
  return { client: context.client, status, forwarded }
}

describe('a stranger', () => {
  it('is the client, whatever it says', async () => {
    const fields = {
      'x-forwarded-for': '1.1.1.1',
      forwarded: 'for=1.1.1.1;proto=https',
      'x-real-ip': '1.1.1.1',
      'client-cert': ':AA==:',
      'x-ssl-client-cert': 'A',
      'x-a': 'b',
    }
    const { client, forwarded } = await run('192.0.2.1', { ...fields, 'x-forwarded-proto': 'https' })
    expect([client, forwarded?.scheme]).toEqual(['192.0.2.1', 'http'])
    expect([...(forwarded?.fields ?? [])]).toEqual([['x-a', 'b']])
  })
})

describe('a trusted hop', () => {
  it.each([
    ['one hop', '192.0.2.1', '192.0.2.1'],
    ['a chain', '192.0.2.1, 10.0.0.2, fd00::2', '192.0.2.1'],
    ['what the client put before', '1.1.1.1, 192.0.2.1, 10.0.0.2', '192.0.2.1'],
    ['ports', '192.0.2.1:4711', '192.0.2.1'],
    ['brackets', '[2001:DB8:0::1]:4711', '2001:db8::1'],
    ['mapped', '::ffff:192.0.2.1', '192.0.2.1'],
    ['only trusted hops', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['unknown: the hop that said so', 'unknown, 10.0.0.2', '10.0.0.2'],
    ['malformed', '192.0.2.1, 10.0.0.2, 10.0.0.999', '10.0.0.1'],
    ['empty element', '192.0.2.1,', '10.0.0.1'],
    ['nothing', '', '10.0.0.1'],
  ])('%s: %s is %s', async (_what, value, client) => {
    expect((await run('10.0.0.1', { 'x-forwarded-for': value })).client).toBe(client)
  })

  it.each([
    ['for=192.0.2.1', '192.0.2.1'],
    ['For="[2001:db8::1]:4711";by=10.0.0.1, for=10.0.0.2', '2001:db8::1'],
    ['for="192.0.2.1, 10.0.0.9", for=10.0.0.2', '10.0.0.2'],
    ['for=_hidden, for=10.0.0.2', '10.0.0.2'],
    ['for=unknown', '10.0.0.1'],
    ['for=192.0.2.1;for=192.0.2.2', '10.0.0.1'],
    ['proto=https', '10.0.0.1'],
    ['for=192.0.2.1;x="a,b\\"c"', '192.0.2.1'],
  ])('Forwarded: %s is %s', async (value, client) => {
    const { client: seen } = await run('10.0.0.1', { forwarded: value }, { forwardingField: 'forwarded' })
    expect(seen).toBe(client)
  })

  it.each([
    ['for=1.1.1.1;x="', 'for=192.0.2.1'],
    ['for=1.1.1.1;x="', 'for="[2001:db8::1]"'],
    ['for=1.1.1.1;x="\\', 'for="[2001:db8::1]"'],
    ['for=1.1.1.1;x="', 'for=192.0.2.1;host="a.test"'],
    ['for=1.1.1.1;x=a"b', 'for=192.0.2.1'],
  ])('cannot be made to say something else by a quote that a client left open: %s', async (sent, appended) => {
    const overrides = { forwardingField: 'forwarded' } as const
    const { client, forwarded, status } = await run('10.0.0.1', { forwarded: `${sent}, ${appended}` }, overrides)
    expect([status, client, forwarded]).toEqual([400, '10.0.0.1', undefined])
  })

  it('is asked in one field only, and only what is believed goes further', async () => {
    const { client, forwarded } = await run('10.0.0.1', {
      forwarded: 'for=6.6.6.6',
      'x-forwarded-for': '1.1.1.1, 192.0.2.1, fd00::2',
      'x-forwarded-host': 'evil.test',
    })
    expect(client).toBe('192.0.2.1')
    expect(Object.fromEntries(forwarded?.fields ?? [])).toEqual({
      forwarded: 'for=192.0.2.1, for="[fd00::2]"',
      'x-forwarded-for': '192.0.2.1, fd00::2',
    })
  })

  it('hands on the certificate that a client has shown it', async () => {
    const { forwarded } = await run('10.0.0.1', { 'x-forwarded-for': '192.0.2.1', 'client-cert': ':AA==:' })
    expect(forwarded?.fields.get('client-cert')).toBe(':AA==:')
  })

  it('tells how the client came', async () => {
    const fields = { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'http, https' }
    expect((await run('10.0.0.1', fields)).forwarded?.scheme).toBe('https')
    const forwarded = { forwarded: 'for=192.0.2.1;proto=https, for=10.0.0.2;proto=http' }
    expect((await run('10.0.0.1', forwarded, { forwardingField: 'forwarded' })).forwarded?.scheme).toBe('https')
    const strange = { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'gopher' }
    expect((await run('10.0.0.1', strange)).forwarded?.scheme).toBe('http')
  })

  it('is not followed without end', async () => {
    const long = Array.from({ length: 1000 }, () => '10.0.0.2').join(', ')
    const { forwarded } = await run('10.0.0.1', { 'x-forwarded-for': long })
    expect(forwarded?.fields.get('x-forwarded-for')?.split(', ')).toHaveLength(16)
  })
})
