import { describe, expect, it } from 'vitest'
import { testIo } from '../testing/test-io.ts'
import { createProgress } from './progress.ts'

/** What a terminal would show: handles the few sequences that the progress list uses. */
const screenOf = (output: string): string[] => {
  const lines: string[] = ['']
  let row = 0
  // oxlint-disable-next-line no-control-regex -- escape sequences are what is interpreted here
  for (const [part] of output.matchAll(/\u{1b}\[\d+[AJ]|[^\u{1b}\n\r]+|\n|\r/gu)) {
    if (part === '\n') {
      row++
      lines[row] ??= ''
    } else if (part.endsWith('A') && part.startsWith('\u{1b}')) row -= Number.parseInt(part.slice(2), 10)
    else if (part.endsWith('J') && part.startsWith('\u{1b}')) {
      lines.length = row
      lines[row] = ''
    } else if (part !== '\r') lines[row] += part
  }
  return lines
}

const onTerminal = (width = 40) => {
  const { io, stdout } = testIo()
  return {
    progress: createProgress({ stream: io.stdout, isTty: true, width: () => width }),
    screen: () => screenOf(stdout()),
  }
}

describe('progress on a terminal', () => {
  it('updates lines in place, keeps notes above them, and the last one last', () => {
    const { progress, screen } = onTerminal()
    progress.set('a', 'a: starting')
    progress.set('activity', 'fetching')
    progress.set('b', 'b: starting')
    progress.last('activity')
    progress.set('a', 'a: ready')
    progress.note('by the way')
    expect(screen()).toEqual(['by the way', 'a: ready', 'b: starting', 'fetching', ''])
    progress.finish()
    progress.set('c', 'c')
    expect(screen()).toEqual(['by the way', 'a: ready', 'b: starting', 'fetching', 'c', ''])
  })

  it('takes the list away', () => {
    const { progress, screen } = onTerminal()
    progress.note('stays')
    progress.set('a', 'a')
    progress.clear()
    progress.clear()
    expect(screen()).toEqual(['stays', ''])
  })

  it('cuts lines that would wrap, since a wrapped line cannot be counted', () => {
    const { progress, screen } = onTerminal(30)
    progress.set('a', 'x'.repeat(50))
    expect(screen()[0]).toBe(`${'x'.repeat(28)}…`)
  })
})

describe('progress elsewhere', () => {
  it('prints each change once, without escape sequences', () => {
    const { io, stdout } = testIo()
    const progress = createProgress({ stream: io.stdout, isTty: false, width: () => 10 })
    progress.set('a', 'a is starting')
    progress.set('a', 'a is starting')
    progress.note('note')
    progress.set('a', 'a is ready')
    progress.clear()
    progress.finish()
    expect(stdout()).toBe('a is starting\nnote\na is ready\n')
  })
})
