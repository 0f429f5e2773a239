/** Escaping: what was put in must come out as text, wherever it stands. */
import { expect, test } from 'vitest'
import { html } from './html.ts'

test('text and attributes', () => {
  const evil = `"><img src=x onerror='alert(1)'>&amp;`
  expect(html`<a title="${evil}">${evil}</a>`.text).toBe(
    `<a title="&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;amp;">&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;amp;</a>`,
  )
})

test('what is HTML already, lists, numbers and nothing', () => {
  expect(html`${html`<b>${'<'}</b>`}${['<', html`<i></i>`]}${0}${undefined}`.text).toBe('<b>&lt;</b>&lt;<i></i>0')
})
