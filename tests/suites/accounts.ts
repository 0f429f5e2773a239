/** Accounts from the outside: opened by mail, known at every edge and application, and kept from strangers. */
import { describe, expect, it, vi } from 'vitest'
import { clientOf, type Client, type Reply } from '../helpers/client.ts'
import type { TargetSource } from '../helpers/target.ts'
import { useTarget } from '../helpers/use-target.ts'

const password = 'five quiet herons wade'

const cookieOf = (value: string | string[] | undefined): string =>
  [value ?? []]
    .flat()
    .map((line) => line.split(';')[0] ?? '')
    .filter((pair) => pair.startsWith('__Host-session='))
    .join('; ')

/** From somewhere else each time, if one believes it. */
const attempt = (client: Client, n: number): Promise<Reply> =>
  client('/api/sessions', {
    method: 'POST',
    headers: { 'x-forwarded-for': `198.51.100.${n}`, forwarded: `for=198.51.100.${n}` },
    json: { email: 'ada.guessed@example.com', password: `guess ${n}` },
  })

export const describeAccounts = (source: TargetSource): void => {
  describe('accounts', () => {
    const use = useTarget(source)

    const codeFor = (email: string): Promise<string> =>
      vi.waitFor(
        async () => {
          const mail = (await use.target.mails()).findLast(({ to }) => to.includes(email))
          const code = /\b[0-9a-z]{4}(?:-[0-9a-z]{4}){3}\b/.exec(mail?.text ?? '')?.[0]
          if (code === undefined) throw new Error(`no code for ${email} yet`)
          return code
        },
        { timeout: 10_000 },
      )

    const open = async (email: string): Promise<string> => {
      const sent = await use.client('/api/accounts/codes', { method: 'POST', json: { email, purpose: 'sign-up' } })
      expect(sent.status).toBe(202)
      const json = { email, code: await codeFor(email), name: 'Ada', password }
      const opened = await use.client('/api/accounts', { method: 'POST', json })
      expect([opened.status, opened.headers['cache-control']]).toEqual([201, 'private, no-store'])
      return cookieOf(opened.headers['set-cookie'])
    }

    it('are opened with a code by mail, and known at both edges, whichever application answers', async () => {
      const cookie = await open('ada.opens@example.com')
      const other = clientOf(use.target, { edge: 1 })
      const ask = (client: Client) => client('/api/accounts/me', { headers: { cookie } })
      const seen = await Promise.all([use.client, other, use.client, other].map(ask))
      for (const reply of seen) {
        expect(reply.status).toBe(200)
        expect(reply.json()).toMatchObject({ name: 'Ada', email: 'ada.opens@example.com', role: 'customer' })
      }
      // Nobody else gets what was answered to somebody.
      expect((await use.client('/api/accounts/me')).status).toBe(401)
      await other.close()
    })

    it('are not changed by a page of another site, as edge and web leave its traces alone', async () => {
      const cookie = await open('ada.browses@example.com')
      const foreign = { cookie, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
      const refused = await use.client('/api/sessions', { method: 'DELETE', headers: foreign })
      expect([refused.status, refused.json()]).toEqual([403, expect.objectContaining({ code: 'CROSS_SITE_REQUEST' })])
      const own = { cookie, 'sec-fetch-site': 'same-origin' }
      expect((await use.client('/api/sessions', { method: 'DELETE', headers: own })).status).toBe(204)
      expect((await use.client('/api/accounts/me', { headers: { cookie } })).status).toBe(401)
    })

    it('cannot be tried more often by whoever claims to be somewhere else each time', async () => {
      const statuses: number[] = []
      for (let n = 0; n < 11; n++) statuses.push((await attempt(use.client, n)).status)
      expect(statuses).toEqual([...Array<number>(10).fill(401), 429])
    })

    it('of staff change the catalogue by a token', async () => {
      const headers = { authorization: `Bearer ${await use.target.staffToken()}` }
      expect((await use.client('/api/accounts/me', { headers })).json()).toMatchObject({ role: 'staff' })
    })
  })
}
