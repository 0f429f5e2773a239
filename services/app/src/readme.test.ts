/** The README's settings table is the schema's. */
import { readFileSync } from 'node:fs'
import { settingsTable } from '@roundtrip/config'
import { expect, test } from 'vitest'
import { appSettings } from './config.ts'

test('the settings table is up to date', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(settingsTable('APP', appSettings))
})
