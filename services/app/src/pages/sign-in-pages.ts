/** The pages of who is not signed in: sign in, sign up, choose a new password. */
import type { MailCodePurpose } from '../auth/mail-code.ts'
import { emailField, field, formPage, hidden, newPasswordField } from './form-page.ts'
import { html } from './html.ts'

/** What to show again after an attempt that failed. */
export interface Attempted {
  readonly email?: string
  readonly name?: string
  readonly problem?: string
}

export const signInPage = ({ email, problem }: Attempted = {}): string =>
  formPage({
    title: 'Sign in',
    action: '/sign-in',
    problem,
    fields: [
      emailField(email),
      field({ label: 'Password', name: 'password', type: 'password', autocomplete: 'current-password' }),
    ],
    button: 'Sign in',
    after: html`No account yet? <a href="/sign-up">Open one</a>. Password forgotten?
      <a href="/password-reset">Choose a new one</a>.`,
  })

interface Words {
  readonly title: string
  readonly path: string
  readonly finish: string
}

const words: Readonly<Record<MailCodePurpose, Words>> = {
  'sign-up': { title: 'Open an account', path: '/sign-up', finish: 'Open the account' },
  'password-reset': { title: 'Choose a new password', path: '/password-reset', finish: 'Save the password' },
}

/** The first step: where the code goes. */
export const codeRequestPage = (purpose: MailCodePurpose, { email, problem }: Attempted = {}): string =>
  formPage({
    title: words[purpose].title,
    intro: 'We send a code to your mailbox first, so that nobody else can use your address.',
    action: words[purpose].path,
    problem,
    fields: [emailField(email)],
    button: 'Send the code',
    after: html`<a href="/sign-in">Sign in instead</a>`,
  })

/** The second step: the code, and what it is for. */
export const codePage = (purpose: MailCodePurpose, email: string, { name, problem }: Attempted = {}): string => {
  const { title, path, finish } = words[purpose]
  return formPage({
    title,
    intro: html`A mail is on its way to <strong>${email}</strong>. The code in it counts for ten minutes.`,
    action: `${path}/confirm`,
    problem,
    fields: [
      hidden('email', email),
      field({ label: 'Code', name: 'code', type: 'text', autocomplete: 'one-time-code' }),
      ...(purpose === 'sign-up'
        ? [field({ label: 'Name', name: 'name', type: 'text', autocomplete: 'name', value: name })]
        : []),
      newPasswordField('Password', 'password'),
    ],
    button: finish,
    after: html`No mail? <a href="${path}">Have another one sent</a>.`,
  })
}
