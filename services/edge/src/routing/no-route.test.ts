/** What leads nowhere is still somebody's request. */
import { Fields } from '@roundtrip/http'
import { expect, it } from 'vitest'
import { testContext, testRequest } from '../testing/messages.ts'
import { noRoutePipeline } from './no-route.ts'
import { testShedder } from '../testing/test-shedder.ts'

const ask = async (hosts: readonly string[], shedder = testShedder({ maxOpen: 100 })) => {
  const handler = noRoutePipeline({
    accessLog: 'none',
    clientAddress: { trustedHops: ['10.0.0.0/8'], forwardingField: 'x-forwarded-for' },
    hosts,
    shedder,
  })
  const context = testContext({ downstream: { address: '10.0.0.1', port: 1 }, client: '10.0.0.1' })
  const { status } = await handler(testRequest({ fields: Fields.of({ 'x-forwarded-for': '192.0.2.1' }) }), context)
  return { status, client: context.client }
}

it('is not found, or misdirected, and the client is whom a trusted hop has named', async () => {
  expect(await ask([])).toEqual({ status: 404, client: '192.0.2.1' })
  expect(await ask(['other.test'])).toEqual({ status: 421, client: '192.0.2.1' })
})

it('is refused before all others when there is too much to do', async () => {
  const shedder = testShedder({ maxOpen: 10 })
  for (let i = 0; i < 7; i++) shedder.admit('normal')
  expect([(await ask([], shedder)).status, shedder.admit('normal')]).toEqual([503, true])
})
