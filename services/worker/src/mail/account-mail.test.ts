/** Mails about accounts: a code where there is one, and nothing to click. */
import { accountMailSchema, type AccountMail } from '@roundtrip/contracts'
import { describe, expect, it } from 'vitest'
import { accountMailHtml, accountMailSubject, accountMailText } from './account-mail.ts'

const kinds = accountMailSchema.properties.kind.enum as readonly AccountMail['kind'][]

describe.each(kinds)('%s', (kind) => {
  const mail: AccountMail = { kind, to: 'alice@example.com', code: 'ab<d-efgh' }

  it('has a subject, and no link', () => {
    expect(accountMailSubject(mail)).toMatch(/\S/)
    expect(`${accountMailText(mail)}${accountMailHtml(mail)}`).not.toMatch(/https?:|href/)
  })

  it('shows the code, escaped, and does without one', () => {
    expect(accountMailText(mail)).toContain('\n\n    ab<d-efgh\n\n')
    expect(accountMailHtml(mail)).toContain('<strong>ab&lt;d-efgh</strong>')
    const { code: _, ...without } = mail
    expect(accountMailText(without)).not.toContain('undefined')
    expect(accountMailHtml(without)).not.toContain('<strong>')
  })
})
