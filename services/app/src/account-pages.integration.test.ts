/** The pages of accounts as a browser without scripts uses them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mailCodes } from './auth/mail-code.ts'
import { keysFrom } from './http/keys.ts'
import { addAccount } from './testing/accounts.ts'
import { Browser } from './testing/browser.ts'
import { useContract } from './testing/contract.ts'
import { startInstances, type Instances } from './testing/instances.ts'
import { testSecret } from './testing/settings.ts'

useContract()

let use: Instances
beforeAll(async () => {
  use = await startInstances()
})
afterAll(() => use.close())

const codes = mailCodes(keysFrom(testSecret)('mail-code'))
const password = 'five quiet herons wade'
const browser = (): Browser => new Browser(use.direct)

/** Names and values of a page's forms, by their action. */
const formsOf = (text: string): Map<string, Record<string, string>> =>
  new Map(
    [...text.matchAll(/<form[^>]*action="([^"]+)"[^]*?<\/form>/g)].map(([form, action = '']) => [
      action,
      Object.fromEntries(
        [...form.matchAll(/name="([^"]+)"[^]*?value="([^"]*)"/g)].map(([, name, value]) => [name, value]),
      ),
    ]),
  )

test('somebody signs up, changes the password, ends another session, signs out and in again', async () => {
  const visitor = browser()
  const email = 'pages@example.com'
  expect((await visitor.ask('/account')).headers.get('location')).toBe('/sign-in')
  expect(await (await visitor.ask('/sign-up')).text()).toContain('action="/sign-up"')
  const asked = await (await visitor.ask('/sign-up', { form: { email } })).text()
  const code = codes.make({ purpose: 'sign-up', email, state: '' })
  const form = { ...formsOf(asked).get('/sign-up/confirm'), code, name: 'Pat <b>', password }
  const opened = await visitor.ask('/sign-up/confirm', { form })
  expect([opened.status, opened.headers.get('location')]).toEqual([303, '/account'])

  const there = browser()
  expect((await there.ask('/sign-in', { form: { email, password } })).headers.get('location')).toBe('/account')
  const page = await visitor.ask('/account')
  const text = await page.text()
  expect(page.headers.get('cache-control')).toBe('private, no-store')
  expect(text).toContain('<h1>Pat &lt;b&gt;</h1>')
  const forms = formsOf(text)
  await visitor.ask('/account/sessions/end', { form: forms.get('/account/sessions/end') ?? {} })
  expect((await there.ask('/account')).headers.get('location')).toBe('/sign-in')

  const change = {
    ...forms.get('/account/password'),
    currentPassword: 'not this one',
    newPassword: `${password} slowly`,
  }
  const refused = await visitor.ask('/account/password', { form: change })
  expect([refused.status, await refused.text()]).toEqual([
    422,
    expect.stringContaining('This is not your current password.'),
  ])
  const changed = await visitor.ask('/account/password', { form: { ...change, currentPassword: password } })
  expect(changed.headers.get('location')).toBe('/account')

  const token = formsOf(await (await visitor.ask('/account')).text()).get('/sign-out') ?? {}
  expect((await visitor.ask('/sign-out', { form: token })).headers.get('location')).toBe('/sign-in')
  expect(visitor.cookies.has('__Host-session')).toBe(false)
  const again = await visitor.ask('/sign-in', { form: { email, password: `${password} slowly` } })
  expect(again.headers.get('location')).toBe('/account')
})

test('a password is forgotten and replaced', async () => {
  const { email } = await addAccount(use.database)
  const asked = await browser().ask('/password-reset', { form: { email } })
  expect([asked.status, formsOf(await asked.text()).get('/password-reset/confirm')]).toEqual([
    200,
    { email, code: '', password: '' },
  ])
  const wrong = await browser().ask('/password-reset/confirm', { form: { email, code: '0000', password } })
  expect([wrong.status, await wrong.text()]).toEqual([422, expect.stringMatching(/role="alert">The code is wrong/)])
})

test('a sign-in that fails shows its form again, without the password, and asks for no other', async () => {
  const refused = await browser().ask('/sign-in', { form: { email: 'who@example.com', password: 'my own secret' } })
  const text = await refused.text()
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([422, null])
  expect(text).toContain('role="alert"')
  expect(text).toContain('value="who@example.com"')
  expect(text).not.toContain('my own secret')
})

test('forms of other sites sign nobody in, and nobody out', async () => {
  const { email, password: own } = await addAccount(use.database)
  const visitor = browser()
  const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  expect((await visitor.ask('/sign-in', { form: { email, password: own }, headers: foreign })).status).toBe(403)
  await visitor.ask('/sign-in', { form: { email, password: own } })
  expect((await visitor.ask('/sign-out', { form: {}, headers: foreign })).status).toBe(403)
  // An old browser that tells nothing: the field of the form speaks for it.
  const silent = { 'sec-fetch-site': '' }
  expect((await visitor.ask('/sign-out', { form: {}, headers: silent })).status).toBe(403)
  const form = formsOf(await (await visitor.ask('/account')).text()).get('/sign-out') ?? {}
  expect((await visitor.ask('/sign-out', { form, headers: silent })).status).toBe(303)
})

test('the order form goes on working, signed in or not', async () => {
  const { email, password: own } = await addAccount(use.database)
  const product = await use.addProduct('Ordered', 5)
  const order = { productId: String(product.id), quantity: '1', name: 'Pat', email }
  const visitor = browser()
  expect((await visitor.ask('/orders', { form: order, headers: { 'sec-fetch-site': '' } })).status).toBe(303)
  await visitor.ask('/sign-in', { form: { email, password: own } })
  expect((await visitor.ask('/orders', { form: order })).status).toBe(303)
})
