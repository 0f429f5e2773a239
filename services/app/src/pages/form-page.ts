/** A page with one form, and with what was wrong about the last attempt at it. */
import { html, type Html, type Insertable } from './html.ts'
import { page } from './layout.ts'

export interface FormPage {
  readonly title: string
  /** Above the form. */
  readonly intro?: Insertable
  readonly action: string
  readonly fields: readonly Html[]
  readonly button: string
  /** Below the form. */
  readonly after?: Insertable
  /** Read out at once by screen readers. */
  readonly problem?: string | undefined
}

export const formPage = ({ title, intro, action, fields, button, after, problem }: FormPage): string =>
  page({
    title,
    body: html`<h1>${title}</h1>
      ${intro === undefined ? undefined : html`<p>${intro}</p>`} ${problemNote(problem)}
      <form method="post" action="${action}">
        ${fields}
        <button>${button}</button>
      </form>
      ${after === undefined ? undefined : html`<p>${after}</p>`}`,
  })

export const problemNote = (problem: string | undefined): Html | undefined =>
  problem === undefined ? undefined : html`<p class="problem" role="alert">${problem}</p>`

/** What a browser may offer to fill in (HTML §4.10.18.7). */
type Autocomplete = 'name' | 'email' | 'current-password' | 'new-password' | 'one-time-code'

export interface Field {
  readonly label: string
  readonly name: string
  readonly type: 'text' | 'email' | 'password'
  readonly autocomplete: Autocomplete
  readonly value?: string | undefined
  readonly hint?: string
}

/** Of UTF-16 code units, as browsers count: a password is never cut off (ASVS 4.0.3 §2.1.3). */
const maxLengths: Readonly<Record<Field['type'], number>> = { text: 120, email: 254, password: 1024 }

export const field = ({ label, name, type, autocomplete, value, hint }: Field): Html =>
  html`<label
    >${label}
    <input
      name="${name}"
      type="${type}"
      autocomplete="${autocomplete}"
      maxlength="${maxLengths[type]}"
      value="${value ?? ''}"
      required
    />${hint === undefined ? undefined : html` <small>${hint}</small>`}
  </label>`

export const hidden = (name: string, value: string): Html =>
  html`<input type="hidden" name="${name}" value="${value}" />`

export const emailField = (value?: string): Html =>
  field({ label: 'Mail', name: 'email', type: 'email', autocomplete: 'email', value })

export const newPasswordField = (label: string, name: string): Html =>
  field({
    label,
    name,
    type: 'password',
    autocomplete: 'new-password',
    hint: 'At least 12 characters. A few words in a row are easy to remember.',
  })
