/** A failure as a page: the same facts as the problem details. */
import type { Problem } from '@roundtrip/contracts'
import { html } from './html.ts'
import { page } from './layout.ts'

export const errorPage = ({ title, status, detail, errors = [], requestId }: Problem): string =>
  page({
    title,
    body: html`<div class="error">
      <h1>${title}</h1>
      <p>${detail}</p>
      ${
        errors.length < 2
          ? undefined
          : html`<ul>
              ${errors.map((error) => html`<li>${error.pointer.slice(1)} ${error.detail}</li>`)}
            </ul>`
      }
      <p><small>${status} · request ${requestId}</small></p>
      <p><a href="/">To the products</a></p>
    </div>`,
  })
