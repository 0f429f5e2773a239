import { readFileSync } from 'node:fs'
import { settingsTable } from '@roundtrip/config'
import { expect, test } from 'vitest'
import { dnsSettings } from './config.ts'

test('the README has the settings as they are', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(settingsTable('DNS', dnsSettings))
})
