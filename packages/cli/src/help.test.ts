import { describe, expect, it } from 'vitest'
import { commandNames, helpGroups, loadCommand } from './commands/index.ts'
import { commandHelp, generalHelp } from './help.ts'
import { coloursFor } from './terminal/colours.ts'
import { visibleWidth } from './terminal/text.ts'

const io = { colours: coloursFor(false), width: 80 }

describe('help', () => {
  it.each(commandNames)('of %s names every option, with its short form and its value', async (name) => {
    const command = await loadCommand(name)
    if (command === undefined) throw new Error(`${name} is not there`)
    const text = commandHelp(command, io)
    expect(command.name).toBe(name)
    expect(text).toContain(`./roundtrip ${name}`)
    for (const [option, { short, type, value = 'VALUE' }] of Object.entries(command.options)) {
      const dashes = short === undefined ? `--${option}` : `-${short}, --${option}`
      expect(text).toContain(type === 'string' ? `${dashes} ${value}` : dashes)
    }
    for (const example of command.examples) expect(text).toContain(example.command)
    expect(command.summary).toMatch(/^[A-Z].*[^.]$/)
  })

  it.each(commandNames)('of %s gives no option or short form to two things', async (name) => {
    const { options = {} } = (await loadCommand(name)) ?? {}
    const shorts = Object.values(options).flatMap(({ short }) => (short === undefined ? [] : [short]))
    expect(new Set(['h', ...shorts]).size).toBe(shorts.length + 1)
    expect(options).not.toHaveProperty('help')
  })

  it('stays within the terminal, except for examples and usage', async () => {
    const text = generalHelp(await helpGroups(), io)
    for (const line of text.split('\n')) expect(visibleWidth(line)).toBeLessThanOrEqual(80)
  })

  it('lists every command and documents the exit statuses', async () => {
    const text = generalHelp(await helpGroups(), io)
    for (const name of commandNames) expect(text).toMatch(new RegExp(`^  ${name} `, 'm'))
    for (const status of ['0', '1', '2', '3', '78', '130']) expect(text).toMatch(new RegExp(`^  ${status} +\\w`, 'm'))
  })

  it('wraps what is too long beside its term', async () => {
    const command = await loadCommand('logs')
    if (command === undefined) throw new Error('logs is not there')
    const text = commandHelp(
      { ...command, options: { follow: { type: 'boolean', description: 'word '.repeat(30).trim() } } },
      { ...io, width: 60 },
    )
    const lines = text.split('\n').filter((line) => line.includes('word'))
    expect(lines.length).toBeGreaterThan(2)
    expect(new Set(lines.map((line) => line.indexOf('word'))).size).toBe(1)
  })
})
