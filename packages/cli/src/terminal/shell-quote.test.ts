import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { shellLine } from './shell-quote.ts'

describe('shellLine', () => {
  it('quotes only what needs it', () => {
    expect(shellLine(['curl', '--resolve', 'a.test:443:127.0.0.1'])).toBe('curl --resolve a.test:443:127.0.0.1')
  })

  it('is read back by a shell as the same words', () => {
    const words = ['a b', "it's", '$HOME', '--rules=MAP *.x 1', '', '`id`', '"', 'MAP [::1]:443']
    const output = execFileSync('sh', ['-c', `printf '%s\\n' ${shellLine(words)}`], { encoding: 'utf8' })
    expect(output).toBe(`${words.join('\n')}\n`)
  })
})
