import { Fields, type ClientIdentity, type HttpContext, type HttpRequest } from '@roundtrip/http'
import { expect, it } from 'vitest'
import { clientCertificateField } from './client-certificate-field.ts'

const client: ClientIdentity = { subject: 'CN=a', fingerprint: '', certificate: Buffer.from('DER') }

const claims = (): Fields =>
  Fields.of({
    'client-cert': ':RVZJTA==:',
    'client-cert-chain': 'x',
    'x-forwarded-client-cert': 'Subject="x"',
    accept: '*/*',
  })

/** What the next hop sees. */
const pass = async (forward: boolean, identity: ClientIdentity | undefined, fields: Fields): Promise<string[]> => {
  const request = { fields } as HttpRequest
  const tls = { protocol: '', cipher: '', resumed: false, ...(identity && { client: identity }) }
  const context = { downstream: { address: '', port: 0, tls } } as HttpContext
  const layer = clientCertificateField({ forward })(async () => ({ status: 200, fields, body: undefined }))
  await layer(request, context)
  return fields.toRaw()
}

it('hands the verified certificate on, as a byte sequence', async () => {
  expect(await pass(true, client, Fields.of())).toEqual(['client-cert', ':REVS:'])
  expect(await pass(false, client, Fields.of())).toEqual([])
})

it('drops what a client says of itself, with a certificate or without', async () => {
  expect(await pass(true, undefined, claims())).toEqual(['accept', '*/*'])
  expect(await pass(false, client, claims())).toEqual(['accept', '*/*'])
  expect(await pass(true, client, claims())).toEqual(['accept', '*/*', 'client-cert', ':REVS:'])
})
