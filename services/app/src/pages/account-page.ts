/** The page of who is signed in: the account, its password, where else it is signed in. */
import { csrfField } from '../auth/csrf.ts'
import type { ListedSession } from '../auth/sessions.ts'
import { field, hidden, newPasswordField, problemNote } from './form-page.ts'
import { html, type Html } from './html.ts'
import { moment, page } from './layout.ts'

export interface AccountPage {
  readonly name: string
  readonly email: string
  readonly role: string
  readonly sessions: readonly (ListedSession & { readonly isThisOne: boolean })[]
  readonly csrfToken: string
  readonly problem?: string
}

export const accountPage = ({ name, email, role, sessions, csrfToken, problem }: AccountPage): string => {
  const token = hidden(csrfField, csrfToken)
  return page({
    title: 'Your account',
    body: html`<h1>${name}</h1>
      ${problemNote(problem)}
      <p>${email}${role === 'customer' ? undefined : html` · ${role}`}</p>
      <p><a href="/orders">Your orders</a></p>
      <form method="post" action="/sign-out">
        ${token}
        <button>Sign out</button>
      </form>
      <h2>Where you are signed in</h2>
      <ul>
        ${sessions.map((session) => sessionItem(session, token))}
      </ul>
      <h2>Change the password</h2>
      <p>You stay signed in here, and nowhere else.</p>
      <form method="post" action="/account/password">
        ${token}
        ${field({ label: 'Current password', name: 'currentPassword', type: 'password', autocomplete: 'current-password' })}
        ${newPasswordField('New password', 'newPassword')}
        <button>Change the password</button>
      </form>`,
  })
}

const sessionItem = ({ name, agent, beganAt, lastSeenAt, isThisOne }: AccountPage['sessions'][number], token: Html) =>
  html`<li>
    ${agent}${isThisOne ? html` <strong>(here)</strong>` : undefined}
    <small>since ${moment(beganAt)}, last seen ${moment(lastSeenAt)}</small>
    ${
      isThisOne
        ? undefined
        : html`<form method="post" action="/account/sessions/end">
            ${token} ${hidden('name', name)}
            <button>End this session</button>
          </form>`
    }
  </li>`
