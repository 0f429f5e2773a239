/** Forged requests: told apart by what browsers say, for every kind of caller. */
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { RoundtripError } from '@roundtrip/errors'
import { formBody } from '../http/form-body.ts'
import type { AppServer } from '../http/server.ts'
import { csrfTokens, refuseForgeries } from './csrf.ts'
import type { Identity } from './identity.ts'

const publicOrigin = 'https://shop.example'
const tokenOf = csrfTokens('key')
const account = { id: '1', role: 'customer' } as const
const session: Identity = { via: 'session', account, sessionName: 'mine' }
const bearer: Identity = { via: 'token', account, scopes: ['shop'] }

const build = async (identity: Identity | undefined) => {
  const app = Fastify() as unknown as AppServer
  app.decorateRequest('identity')
  app.addHook('onRequest', async (request) => request.setDecorator('identity', { identity }))
  app.setErrorHandler((error, _, reply) =>
    reply
      .code(error instanceof RoundtripError ? error.status : 500)
      .send({ message: error instanceof Error ? error.message : '' }),
  )
  refuseForgeries(app, { publicOrigin, tokenOf })
  formBody(app)
  app.all('/', async (request) => request.body ?? {})
  return app
}

const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const crossSite = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
const sameSite = { 'sec-fetch-site': 'same-site', origin: 'https://blog.shop.example' }
const own = { 'sec-fetch-site': 'same-origin', origin: publicOrigin }
const ownWithoutMetadata = { origin: publicOrigin }
const opaque = { origin: 'null' }

test.each([
  ['a session', session, json, {}, 403],
  ['a session', session, json, crossSite, 403],
  ['a session', session, json, sameSite, 403],
  ['a session', session, json, opaque, 403],
  ['a session', session, json, own, 200],
  ['a session', session, json, ownWithoutMetadata, 200],
  ['a session', session, form, crossSite, 403],
  ['a session', session, form, own, 200],
  ['a session', session, json, { ...crossSite, 'x-csrf-token': tokenOf('mine') }, 200],
  ['a session', session, json, { 'x-csrf-token': tokenOf('theirs') }, 403],
  ['a session', session, json, { 'x-csrf-token': '' }, 403],
  ['a token', bearer, json, crossSite, 200],
  ['a token', bearer, json, {}, 200],
  ['nobody', undefined, json, {}, 200],
  ['nobody', undefined, form, {}, 200],
  ['nobody', undefined, form, own, 200],
  ['nobody', undefined, form, crossSite, 403],
  ['nobody', undefined, form, sameSite, 403],
] as const)('%s: %j %j %j is %i', async (_, identity, type, headers, status) => {
  const app = await build(identity)
  const body = type === form ? 'a=1' : '{}'
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    expect([
      method,
      (await app.inject({ method, url: '/', headers: { ...type, ...headers }, body })).statusCode,
    ]).toEqual([method, status])
  }
  expect((await app.inject({ method: 'GET', url: '/', headers })).statusCode).toBe(200)
})

test('the field of a form speaks for it, and routes do not see it', async () => {
  const app = await build(session)
  const send = (body: string) => app.inject({ method: 'POST', url: '/', headers: form, body })
  expect((await send(`a=1&csrf=${tokenOf('mine')}`)).json()).toEqual({ a: '1' })
  expect((await send(`a=1&csrf=${tokenOf('theirs')}`)).statusCode).toBe(403)
  // Only a form has it there: JSON with such a field would be a field of the route's own.
  const other = await app.inject({ method: 'POST', url: '/', headers: json, body: `{"csrf":"${tokenOf('mine')}"}` })
  expect(other.statusCode).toBe(403)
})
