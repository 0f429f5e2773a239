import { readFileSync } from 'node:fs'
import { settingsTable } from '@roundtrip/config'
import { expect, it } from 'vitest'
import { commonSettings } from './common-settings.ts'

it('documents exactly the settings there are', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(settingsTable('SERVICE', commonSettings))
})
