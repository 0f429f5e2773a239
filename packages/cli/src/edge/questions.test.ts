import { describe, expect, it } from 'vitest'
import { questionOf, type Words } from './questions.ts'

const words = (overrides: Partial<Words> = {}): Words => ({
  subject: undefined,
  soft: false,
  prefix: undefined,
  host: undefined,
  tags: [],
  headers: [],
  method: undefined,
  weight: undefined,
  ...overrides,
})

describe('what is put to an edge', () => {
  it.each([
    ['pools', words(), 'GET /pools'],
    ['workers', words(), 'GET /workers'],
    ['drain', words({ subject: 'web/127.0.0.1:8101' }), 'POST /pools/web/members/127.0.0.1%3A8101/drain'],
    ['weight', words({ subject: 'web/a:1', weight: '5' }), 'POST /pools/web/members/a%3A1/weight {"weight":5}'],
    [
      'explain',
      words({ subject: 'https://a.test/?b=c', headers: ['accept-encoding: br'] }),
      'GET /cache/explain?url=https%3A%2F%2Fa.test%2F%3Fb%3Dc&header=accept-encoding%3A+br',
    ],
    ['purge', words({ subject: 'https://a.test/' }), 'POST /cache/purge {"url":"https://a.test/","soft":false}'],
    ['purge', words({ tags: ['a', 'b'], soft: true }), 'POST /cache/purge {"surrogateKeys":["a","b"],"soft":true}'],
  ])('%s', (verb, given, expected) => {
    const { method, path, body } = questionOf(verb, given)
    expect(`${method} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`).toBe(expected)
  })

  it.each([
    ['pool', words(), /Did you mean pools\?/],
    ['drain', words(), /a member such as/],
    ['drain', words({ subject: 'web' }), /web is no member/],
    ['purge', words(), /Say one thing to purge/],
    ['purge', words({ subject: 'https://a.test/', prefix: 'https://a.test/b' }), /Say one thing to purge/],
    ['explain', words(), /a URL/],
    ['weight', words({ subject: 'web/a:1', weight: 'much' }), /--weight 5/],
  ])('%s: refused with what to write instead', (verb, given, expected) => {
    expect(() => questionOf(verb, given)).toThrow(expected)
  })
})
