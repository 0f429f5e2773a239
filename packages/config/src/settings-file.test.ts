import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import { describe, expect, it, onTestFinished } from 'vitest'
import { setting } from './setting.ts'
import { loadSettingsFile, parseSettings, type Check } from './settings-file.ts'

const strict = { additionalProperties: false }

const schema = Type.Object(
  {
    hosts: Type.Array(Type.String(), { default: [], minItems: 1, expected: 'host names', description: 'hosts served' }),
    limits: Type.Object({ connections: Type.Integer({ minimum: 1, default: 1000 }) }, { ...strict, default: {} }),
    pools: Type.Record(
      Type.String(),
      Type.Object(
        {
          members: Type.Array(Type.Union([Type.String(), Type.Object({ origin: Type.String() }, strict)])),
          balance: setting.choice(['round-robin', 'least-request'], { description: 'how', default: 'round-robin' }),
          token: Type.Optional(setting.secret({ description: 'what the pool asks for' })),
        },
        strict,
      ),
    ),
  },
  strict,
)

const check: Check<Static<typeof schema>> = ({ pools }, report) => {
  if (pools['web'] === undefined) report({ path: ['pools', 'web'], isKey: true }, 'is wanted by somebody')
}

const problemsOf = (text: string): string[] => {
  try {
    parseSettings(schema, text, 'edge.yaml')
  } catch (error) {
    return (error as Error).message.split('\n')
  }
  throw new Error('was accepted')
}

const checked = (text: string) => () => parseSettings(schema, text, 'edge.yaml', check)

describe('a settings file', () => {
  it('gives what it says, and defaults on every level for what it does not', () => {
    const settings = parseSettings(schema, 'hosts: [a]\npools:\n  web:\n    members: [x, {origin: y}]\n', 'edge.yaml')
    expect(settings).toEqual({
      hosts: ['a'],
      limits: { connections: 1000 },
      pools: { web: { members: ['x', { origin: 'y' }], balance: 'round-robin' } },
    })
    expect(Object.isFrozen(settings.pools['web']?.members)).toBe(true)
  })

  it('tells every problem at once, with line and column', () => {
    const text = `hosts: []
limits:
  conections: 5
  connections: none
pools:
  web:
    members:
      - x
      - {origin: 7}
    balance: fastest
  api: {}
`
    expect(problemsOf(text)).toEqual([
      'edge.yaml:1:8: hosts: [] is not valid: expected host names (hosts served)',
      'edge.yaml:3:3: limits.conections: is not a setting here: did you mean connections?',
      'edge.yaml:4:16: limits.connections: "none" is not valid: expected a whole number of at least 1',
      'edge.yaml:9:18: pools.web.members.1.origin: 7 is not valid: expected a string',
      'edge.yaml:10:14: pools.web.balance: "fastest" is not valid: expected one of round-robin, least-request (how)',
      'edge.yaml:11:8: pools.api.members: is missing: expected an array'.replace('an array', 'a list'),
    ])
  })

  it('is held against itself by whoever knows what must fit', () => {
    expect(checked('hosts: [a]\npools: {web: {members: []}}')).not.toThrow()
    expect(checked('hosts: [a]\npools: {}')).toThrow('edge.yaml:2:8: pools.web: is wanted by somebody')
  })

  it('keeps secrets to itself', () => {
    const text = 'hosts: [a]\npools: {web: {members: [], token: [hunter2]}}'
    expect(problemsOf(text).join()).toMatch(/token: \(hidden\) is not valid/)
    expect(problemsOf(text).join()).not.toContain('hunter2')
  })

  it.each([
    ['broken YAML', 'hosts: [a\npools: {}', /^edge\.yaml:\d+:\d+: /],
    ['a key given twice', 'hosts: [a]\nhosts: [b]\npools: {}', /^edge\.yaml:2:1: Map keys must be unique/],
    ['no mapping at all', '- a', /^edge\.yaml:1:1: the file: \["a"\] is not valid/],
  ])('refuses %s', (_what, text, expected) => {
    expect(problemsOf(text)[0]).toMatch(expected)
  })

  it('is read from where it is, or said to be missing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'settings-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'edge.yaml')
    expect(() => loadSettingsFile(schema, file)).toThrow(/edge\.yaml cannot be read \(ENOENT/)
    writeFileSync(file, 'hosts: [a]\npools: {}\n')
    expect(loadSettingsFile(schema, file).hosts).toEqual(['a'])
  })
})
