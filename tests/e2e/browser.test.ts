/** A person's browser: an installed Chromium reaches the shop by name, over TLS it trusts, and orders something. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spkiFingerprint } from '@roundtrip/pki'
import { startStack, type Stack } from '@roundtrip/stack'
import { chromium, type BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { at } from '../helpers/client.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

/** From the mail, when it has come. */
const codeFor = (stack: Stack, email: string): Promise<string> =>
  vi.waitFor(
    async () => {
      const mail = (await stack.mails()).findLast(({ to }) => to.includes(email))
      const code = /\b[0-9a-z]{4}(?:-[0-9a-z]{4}){3}\b/.exec(mail?.text ?? '')?.[0]
      if (code === undefined) throw new Error(`no code for ${email} yet`)
      return code
    },
    { timeout: 10_000 },
  )

// A machine that has only Node has no browser; CI installs one.
describe.skipIf(executablePath === undefined)('a browser', () => {
  let stack: Stack
  let browser: BrowserContext
  const profile = mkdtempSync(join(tmpdir(), 'roundtrip-browser-'))

  beforeAll(async () => {
    stack = await startStack({ control: false })
    const { host, httpsPort } = at(stack.edges, 0)
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: executablePath ?? '',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        `--host-resolver-rules=MAP *.roundtrip.test:443 ${host}:${httpsPort}, MAP *.roundtrip.localhost 127.0.0.1`,
        `--ignore-certificate-errors-spki-list=${spkiFingerprint(stack.ca)}`,
      ],
    })
  })
  afterAll(async () => {
    await browser?.close()
    await stack?.stop()
    rmSync(profile, { recursive: true, force: true })
  })

  it('finds a product, orders it, and sees the receipt', async () => {
    const page = await browser.newPage()
    const problems: string[] = []
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    await page.goto('https://www.roundtrip.test/')
    await page.locator('main a[href^="/products/"]').first().click()
    await page.locator('input[name=name]').fill('Alice')
    await page.locator('input[name=email]').fill('alice@example.com')
    await page.locator('form[action="/orders"] button').click()
    await vi.waitFor(() => expect(page.url()).toMatch(/\/orders\/[\w-]+$/))
    expect(await page.locator('table').count()).toBeGreaterThan(0)
    expect(problems).toEqual([])
  })

  it('opens an account, signs out and in again; a form on another page does nothing in its name', async () => {
    const page = await browser.newPage()
    const problems: string[] = []
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    const [email, password] = ['browsing@example.com', 'five quiet herons wade']
    const press = (action: string) => page.locator(`form[action="${action}"] button`).click()
    await page.goto('https://www.roundtrip.test/sign-up')
    await page.locator('input[name=email]').fill(email)
    await press('/sign-up')
    await page.locator('input[name=code]').fill(await codeFor(stack, email))
    await page.locator('input[name=name]').fill('Browsing')
    await page.locator('input[name=password]').fill(password)
    await press('/sign-up/confirm')
    await page.waitForURL('**/account')
    expect(await page.locator('h1').textContent()).toBe('Browsing')
    const cookies = await browser.cookies('https://www.roundtrip.test/')
    expect(cookies.find(({ name }) => name === '__Host-session')).toMatchObject({
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
      path: '/',
      domain: 'www.roundtrip.test',
    })

    const elsewhere = await browser.newPage()
    await elsewhere.setContent(
      '<form method="post" action="https://www.roundtrip.test/sign-out"><button>Win</button></form>',
    )
    await elsewhere.locator('button').click()
    await elsewhere.waitForURL('**/sign-out')
    await page.reload()
    expect(await page.locator('h1').textContent()).toBe('Browsing')

    await press('/sign-out')
    await page.waitForURL('**/sign-in')
    await page.locator('input[name=email]').fill(email)
    await page.locator('input[name=password]').fill(password)
    await press('/sign-in')
    await page.waitForURL('**/account')
    expect(problems).toEqual([])
  })

  it('keeps a cart, changes it, orders what is in it, and cancels the order', async () => {
    const page = await browser.newPage()
    await page.goto('https://www.roundtrip.test/')
    const hrefs = await page
      .locator('main a[href^="/products/"]')
      .evaluateAll((links) => links.map((link) => link.getAttribute('href')))
    for (const href of hrefs.slice(0, 2)) {
      await page.goto(`https://www.roundtrip.test${href}`)
      await page.locator('form[action="/cart/items"] button').click()
      await page.waitForURL('**/cart')
    }
    const quantities = page.locator('tbody input[name=quantity]')
    await quantities.first().fill('3')
    await page.locator('tbody button').first().click()
    await vi.waitFor(async () => expect(await quantities.first().inputValue()).toBe('3'))
    expect(await quantities.count()).toBe(2)
    await page.locator('input[name=name]').fill('Alice')
    await page.locator('input[name=email]').fill('alice@example.com')
    await page.locator('form[action="/cart/checkout"] button').click()
    await page.waitForURL(/\/orders\/[\w-]+$/)
    expect(await page.locator('tbody tr').count()).toBe(2)
    await page.locator('form[action$="/cancellation"] button').click()
    await vi.waitFor(async () => expect(await page.locator('h1').textContent()).toBe('Order cancelled'))
    await page.goto('https://www.roundtrip.test/cart')
    expect(await page.locator('main').textContent()).toContain('There is nothing in it.')
    await page.goto(`https://www.roundtrip.test${hrefs[0]}`)
  })

  it('gets in by the name that needs no set-up', async () => {
    const page = await browser.newPage()
    const reply = await page.goto(`https://www.roundtrip.localhost:${at(stack.edges, 0).httpsPort}/`)
    expect(reply?.status()).toBe(200)
  })
})
