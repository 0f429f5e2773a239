/** Mails about an account, as text and as HTML. None has a link: whoever expects none does not follow a forged one. */
import type { AccountMail } from '@roundtrip/contracts'
import { html } from './html.ts'

interface Words {
  readonly subject: string
  readonly before: string
  readonly after: string
}

const words: Readonly<Record<AccountMail['kind'], Words>> = {
  'sign-up': {
    subject: 'Your code for a new account',
    before:
      'somebody, probably you, wants to open an account with this address. Enter this code on the page that asks for it:',
    after:
      'It counts for ten minutes. If it was not you, there is nothing to do: without the code there will be no account.',
  },
  'password-reset': {
    subject: 'Your code for a new password',
    before: 'somebody, probably you, wants to choose a new password. Enter this code on the page that asks for it:',
    after: 'It counts for ten minutes. If it was not you, there is nothing to do: your password stays as it is.',
  },
  'account-exists': {
    subject: 'You have an account already',
    before:
      'somebody, probably you, wanted to open an account with this address. There is one already: sign in with it.',
    after:
      'If you do not know the password any more, choose a new one at the sign-in. If it was not you, there is nothing to do.',
  },
  'no-account': {
    subject: 'There is no account for this address',
    before: 'somebody, probably you, wanted a new password for this address. There is no account for it.',
    after: 'Perhaps you have used another address. If it was not you, there is nothing to do.',
  },
  'password-changed': {
    subject: 'Your password was changed',
    before: 'the password of your account was changed a moment ago, and all other sessions were ended.',
    after: 'If it was not you, choose a new password at the sign-in at once: all you need is this mailbox.',
  },
}

export const accountMailSubject = ({ kind }: AccountMail): string => words[kind].subject

export const accountMailText = ({ kind, code }: AccountMail): string =>
  [`Hello,`, words[kind].before, ...(code === undefined ? [] : [`    ${code}`]), words[kind].after, ''].join('\n\n')

export const accountMailHtml = ({ kind, code }: AccountMail): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${words[kind].subject}</title>
      </head>
      <body>
        <p>Hello,</p>
        <p>${words[kind].before}</p>
        ${code === undefined ? [] : html`<p><strong>${code}</strong></p>`}
        <p>${words[kind].after}</p>
      </body>
    </html> `.markup
