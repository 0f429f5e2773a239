/** HTML by tagged template: whatever is put in is escaped, unless it is HTML made here. */

export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

const replacements: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escape = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => replacements[character] ?? character)

export type Insertable = Html | string | number | undefined | readonly Insertable[]

const insert = (value: Insertable): string => {
  if (value === undefined) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'string') return escape(value)
  return typeof value === 'number' ? String(value) : value.map(insert).join('')
}

/** Safe in element content and in quoted attributes; not inside script, style or an unquoted attribute. */
export const html = (parts: TemplateStringsArray, ...values: readonly Insertable[]): Html =>
  new Html(parts.map((part, index) => part + insert(values[index])).join(''))
