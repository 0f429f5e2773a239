/** HTML as tagged templates: what is interpolated is escaped unless it is HTML already. */

/** Markup that needs no escaping any more. */
export class Html {
  readonly markup: string

  constructor(markup: string) {
    this.markup = markup
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)

type Value = string | number | Html | readonly Html[]

const render = (value: Value): string => {
  if (value instanceof Html) return value.markup
  return typeof value === 'object' ? value.map(render).join('') : escape(String(value))
}

/** Attribute values must stand in quotes for this to be safe. */
export const html = (parts: TemplateStringsArray, ...values: Value[]): Html =>
  new Html(String.raw({ raw: parts }, ...values.map(render)))
