import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RoundtripError } from '@roundtrip/errors'
import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { loadSettings } from './load-settings.ts'
import { setting } from './setting.ts'
import { settingsTable } from './settings-table.ts'

const schema = Type.Object({
  host: setting.host({ description: 'where to listen', default: '127.0.0.1' }),
  httpsPort: setting.port({ description: 'the TLS port' }),
  upstreams: setting.origins({ description: 'next hops' }),
  password: setting.optional(setting.secret({ description: 'for the database' })),
})
const good = { EDGE_HTTPS_PORT: '8443', EDGE_UPSTREAMS: 'http://127.0.0.1:1, http://127.0.0.1:2' }
const problemsOf = (environment: Record<string, string>): string => {
  try {
    loadSettings('EDGE', schema, environment)
  } catch (error) {
    expect(error).toBeInstanceOf(RoundtripError)
    return (error as RoundtripError).message
  }
  return ''
}

describe('loadSettings', () => {
  it('converts, defaults and freezes', () => {
    const settings = loadSettings('EDGE', schema, { ...good, HOME: '/root' })
    expect(settings).toEqual({
      host: '127.0.0.1',
      httpsPort: 8443,
      upstreams: ['http://127.0.0.1:1', 'http://127.0.0.1:2'],
    })
    expect(Object.isFrozen(settings) && Object.isFrozen(settings.upstreams)).toBe(true)
  })

  it('reports every problem at once, with variable, value and expectation', () => {
    const text = problemsOf({ EDGE_HTTPS_PORT: '80a', EDGE_UPSTREAMS: 'web:80', EDGE_HSOT: 'x' })
    expect(text.split('\n')).toEqual([
      'EDGE_HTTPS_PORT="80a" is not valid: expected a port number from 0 to 65535 (0: any free one) (the TLS port).',
      'EDGE_UPSTREAMS="web:80" is not valid: expected one or more origins, separated by commas, such as http://10.0.0.1:8080,http://10.0.0.2:8080 (next hops).',
      'EDGE_HSOT is not a setting of edge: did you mean EDGE_HOST?',
    ])
  })

  it('names what is missing', () => {
    expect(problemsOf({ EDGE_HTTPS_PORT: '' })).toContain('EDGE_HTTPS_PORT is not set: expected a port number')
  })

  it('reads a secret from its file, and says so when that cannot be done', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'roundtrip-')), 'password')
    writeFileSync(file, 'hush\n')
    expect(loadSettings('EDGE', schema, { ...good, EDGE_PASSWORD_FILE: file }).password).toBe('hush')
    expect(problemsOf({ ...good, EDGE_PASSWORD_FILE: `${file}-none` })).toContain('EDGE_PASSWORD_FILE=')
    expect(problemsOf({ ...good, EDGE_PASSWORD_FILE: file, EDGE_PASSWORD: 'hush' })).not.toContain('hush')
  })
})

describe('a secret that has to be long', () => {
  const long = Type.Object({ secret: setting.secret({ description: 'for keys', minLength: 8 }) })

  it('is refused when it is short, without being shown', () => {
    expect(loadSettings('APP', long, { APP_SECRET: '12345678' }).secret).toBe('12345678')
    expect(() => loadSettings('APP', long, { APP_SECRET: 'hush' })).toThrow(
      /APP_SECRET=\(hidden\) is not valid: expected a secret of at least 8 characters, or a file that holds it/,
    )
  })
})

describe('settingsTable', () => {
  it('has a row for each setting', () => {
    expect(settingsTable('EDGE', schema)).toContain('| `EDGE_HTTPS_PORT` | **required** | the TLS port |')
    expect(settingsTable('EDGE', schema)).toContain('`EDGE_PASSWORD` (or `EDGE_PASSWORD_FILE`)')
  })
})
