import { expect, it } from 'vitest'
import { html } from './html.ts'

it('escapes what is interpolated, once, and leaves markup of its own alone', () => {
  const words = [html`<b title="${`"'`}">${'<i>&</i>'}</b>`, html`<b>${2}</b>`]
  expect(html`<p>${words}</p>`.markup).toBe('<p><b title="&quot;&#39;">&lt;i&gt;&amp;&lt;/i&gt;</b><b>2</b></p>')
})
