import { describe, expect, it } from 'vitest'
import { coloursFor } from './colours.ts'
import { table } from './table.ts'

describe('table', () => {
  it('aligns by what is visible and leaves no trailing spaces', () => {
    const on = coloursFor(true)
    const rows = [
      [on.green('web-1'), '7', 'x'],
      ['postgres-primary', '1234'],
    ]
    const lines = table([{ title: 'NAME' }, { title: 'PID', align: 'right' }, { title: 'NOTE' }], rows, {
      colours: coloursFor(false),
      indent: 1,
    })
    expect(lines).toEqual([
      ' NAME               PID  NOTE',
      ` ${on.green('web-1')}                7  x`,
      ' postgres-primary  1234',
    ])
  })
})
