import { describe, expect, it } from 'vitest'
import { defineCommand, type Command } from './command.ts'
import { parseCommandLine } from './parse.ts'

const command: Command = defineCommand({
  name: 'logs',
  summary: 'Show the logs',
  usage: '[options] [instance…]',
  options: {
    follow: { type: 'boolean', short: 'f', description: 'go on' },
    lines: { type: 'string', short: 'n', value: 'N', description: 'how many' },
    header: { type: 'string', short: 'H', multiple: true, value: 'NAME:VALUE', description: 'add a header' },
  },
  positionals: { max: 2 },
  examples: [],
  run: async () => 0,
})

const parse = (...words: string[]) => parseCommandLine(command, words)

describe('parseCommandLine', () => {
  it('reads long and short options, values in both forms, and arguments between them', () => {
    const { values, positionals } = parse('edge', '-f', '--lines=5', 'web', '-H', 'a:1', '--header', 'b:2')
    expect(values).toMatchObject({ follow: true, lines: '5', header: ['a:1', 'b:2'] })
    expect(positionals).toEqual(['edge', 'web'])
    expect(parse('-fn', '7').values).toMatchObject({ follow: true, lines: '7' })
  })

  it('takes everything after -- as arguments', () => {
    expect(parse('--', '--follow').positionals).toEqual(['--follow'])
  })

  it('lets --help pass whatever else is missing', () => {
    expect(parseCommandLine({ ...command, positionals: { min: 1 } }, ['-h']).values['help']).toBe(true)
  })

  it.each([
    [['--folow'], 'There is no option --folow: did you mean --follow? See ./roundtrip logs --help.'],
    [['--zzz'], 'There is no option --zzz. See ./roundtrip logs --help.'],
    [['-x'], 'There is no option -x. See ./roundtrip logs --help.'],
    [['--lines'], '--lines needs a value: --lines N. See ./roundtrip logs --help.'],
    [['-n', '-f'], '-n needs a value: -n N. To give one that begins with a dash, write -n=-f.'],
    [['--follow=yes'], '--follow takes no value.'],
    [['a', 'b', 'c'], '"c" is one argument too many.'],
  ])('refuses %j', (words, sentence) => {
    expect(() => parse(...words)).toThrow(expect.objectContaining({ code: 'USAGE', message: expect.any(String) }))
    expect(() => parse(...words)).toThrow(sentence)
  })

  it('takes a value that begins with a dash when it is attached', () => {
    expect(parse('--lines=-5').values['lines']).toBe('-5')
    expect(parse('-n', '-').values['lines']).toBe('-')
  })

  it('says how the command is used when an argument is missing', () => {
    expect(() => parseCommandLine({ ...command, positionals: { min: 1 } }, [])).toThrow(
      'Something is missing: ./roundtrip logs [options] [instance…].',
    )
  })
})
