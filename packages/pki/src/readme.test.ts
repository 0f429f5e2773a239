import { readFileSync } from 'node:fs'
import { settingsTable } from '@roundtrip/config'
import { expect, test } from 'vitest'
import { pkiSettings } from './config.ts'

test('the README holds the settings table', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(settingsTable('PKI', pkiSettings))
})
