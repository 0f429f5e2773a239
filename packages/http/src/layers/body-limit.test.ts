import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { RoundtripError } from '@roundtrip/errors'
import { describe, expect, it } from 'vitest'
import { Fields } from '../fields.ts'
import type { HttpHandler } from '../message.ts'
import { testContext, testRequest, testResponse } from '../testing.ts'
import { bodyLimit } from './body-limit.ts'

const reading: HttpHandler = async ({ body }) => testResponse({ body: body === undefined ? 'none' : await text(body) })
const failing: HttpHandler = () => Promise.reject(new Error('other'))
const proxy: HttpHandler = async (request) => {
  await text(request.body ?? Readable.from([])).catch(() => {
    throw new Error('upstream request failed')
  })
  return testResponse()
}
const limited = bodyLimit(5)

describe('bodyLimit', () => {
  it.each([
    ['no content', undefined, 'none'],
    ['exactly as much', Readable.from([Buffer.from('abc'), Buffer.from('de')]), 'abcde'],
  ])('lets %s through', async (_how, body, expected) => {
    expect(await limited(reading)(testRequest({ body }), testContext())).toMatchObject({ body: expected })
  })

  it('refuses at once what announces itself as larger', async () => {
    const request = testRequest({ fields: Fields.of({ 'content-length': 6 }), body: Readable.from(['abcdef']) })
    await expect(limited(reading)(request, testContext())).rejects.toMatchObject({
      code: 'BODY_TOO_LARGE',
      details: { limitBytes: 5 },
    })
  })

  it('refuses as soon as it shows, whatever the next hop makes of it', async () => {
    const body = Readable.from([Buffer.from('abc'), Buffer.from('def')])
    await expect(limited(proxy)(testRequest({ body }), testContext())).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' })
  })

  it('leaves other failures as they are', async () => {
    const body = Readable.from([Buffer.from('abc')])
    await expect(limited(failing)(testRequest({ body }), testContext())).rejects.toThrow('other')
  })

  it.each([
    ['with an error', new Error('ECONNRESET')],
    ['without a word', undefined],
  ])('calls a client that goes away %s by its name', async (_how, error) => {
    const body = new PassThrough()
    const answer = limited(reading)(testRequest({ body }), testContext())
    body.destroy(error)
    await expect(answer).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST', source: 'downstream' })
  })

  it('passes on what the server broke the content off for', async () => {
    const body = new PassThrough()
    const answer = limited(reading)(testRequest({ body }), testContext())
    body.destroy(new RoundtripError('REQUEST_TIMEOUT'))
    await expect(answer).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' })
  })

  it('does no harm when nobody reads the body', async () => {
    const body = new PassThrough()
    const given = Promise.withResolvers<Readable | undefined>()
    const ignoring: HttpHandler = async (request) => {
      given.resolve(request.body)
      return testResponse()
    }
    await limited(ignoring)(testRequest({ body }), testContext())
    const unread = await given.promise
    const closed = new Promise((resolve) => void unread?.once('close', resolve))
    // An error event that nobody listens to would end the process.
    body.write('far too large')
    await closed
    expect(unread?.errored).toMatchObject({ code: 'BODY_TOO_LARGE' })
  })
})
