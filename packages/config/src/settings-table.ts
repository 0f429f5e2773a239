/** A settings table for a README, so that documentation can be held against the schema by a test. */
import type { TObject } from 'typebox'
import { variablesOf } from './variables.ts'

const shownDefault = (value: unknown): string =>
  Array.isArray(value) ? value.join(',') : JSON.stringify(value).replaceAll('"', '')

/** Markdown rows: variable, default, meaning. */
export const settingsTable = (prefix: string, schema: TObject): string =>
  [
    '| Variable | Default | Meaning |',
    '| --- | --- | --- |',
    ...variablesOf(prefix, schema).map(({ name, schema: property, required }) => {
      const shown = required
        ? '**required**'
        : property.default === undefined
          ? '–'
          : `\`${shownDefault(property.default)}\``
      const orFile = property.secret ? ` (or \`${name}_FILE\`)` : ''
      return `| \`${name}\`${orFile} | ${shown === '``' ? '–' : shown} | ${property.description} |`
    }),
  ].join('\n')
