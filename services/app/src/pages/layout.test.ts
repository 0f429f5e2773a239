import { describe, expect, it } from 'vitest'
import { errorPage } from './error-page.ts'
import { moment, page } from './layout.ts'
import { orderPage } from './order-page.ts'

describe('page', () => {
  it('has the way to the other pages and a last word', () => {
    const text = page({ title: 'Here', body: 'A & B' })
    expect(text).toContain(
      '<nav><a href="/about.html">How it works</a> <a href="/cart">Cart</a> <a href="/account">Account</a></nav>',
    )
    expect(text).toContain('<main>A &amp; B</main>')
    expect(text).toMatch(/<footer>.+<\/footer>/)
  })
})

describe('moment', () => {
  it('is for people, and for machines, whatever zone this runs in', () => {
    expect(moment('2026-01-31T23:05:00.000Z').text).toBe(
      '<time datetime="2026-01-31T23:05:00.000Z">31 January 2026 at 23:05 UTC</time>',
    )
  })
})

describe('orderPage', () => {
  it('says when the order was placed', () => {
    const text = orderPage({
      id: '0197',
      name: 'Ada',
      email: 'ada@example.test',
      status: 'placed',
      lines: [],
      totalCents: 0,
      currency: 'EUR',
      placedAt: '2026-01-31T23:05:00.000Z',
    })
    expect(text).toContain('placed <time datetime="2026-01-31T23:05:00.000Z">31 January 2026 at 23:05 UTC</time>.')
  })
})

describe('errorPage', () => {
  it('is marked as a failure, and quotes the request', () => {
    const text = errorPage({
      type: 'about:blank',
      title: 'Not <found>',
      status: 404,
      detail: 'Nothing is here.',
      instance: '/nowhere',
      code: 'NOT_FOUND',
      requestId: 'r-1',
    })
    expect(text).toMatch(/<div class="error">\s*<h1>Not &lt;found&gt;<\/h1>[^]+404 · request r-1[^]+<\/div>\s*<\/main>/)
  })
})
