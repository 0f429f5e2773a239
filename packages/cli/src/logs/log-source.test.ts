import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LogSource } from './log-source.ts'

let folder: string
let file: string
let source: LogSource
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roundtrip-logs-'))
  file = join(folder, 'web-1.log')
  source = new LogSource('web-1', file)
})
afterEach(() => {
  source.close()
  rmSync(folder, { recursive: true })
})

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`)
const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

describe('LogSource', () => {
  it('is empty while there is no file, and follows it once there is', () => {
    expect(source.last(10)).toEqual([])
    expect(source.added()).toEqual([])
    writeFileSync(file, 'first\n')
    expect(source.added()).toEqual(['first'])
  })

  it('reads the last lines, across chunks', () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `${index} ${'é'.repeat(30)}`)
    writeFileSync(file, text(lines))
    expect(source.last(3)).toEqual(lines.slice(-3))
    expect(source.last(4000)).toEqual(lines.slice(-4000))
    expect(source.last(Infinity)).toEqual(lines)
    expect(source.last(0)).toEqual([])
  })

  it('goes on where it stopped, holding back what is not yet a whole line', () => {
    writeFileSync(file, 'one\ntw')
    expect(source.last(10)).toEqual(['one'])
    expect(source.added()).toEqual([])
    appendFileSync(file, 'o\nthr')
    expect(source.added()).toEqual(['two'])
    const rest = Buffer.from('ee é\n')
    // Cut inside the é, which is two bytes.
    appendFileSync(file, rest.subarray(0, 4))
    expect(source.added()).toEqual([])
    appendFileSync(file, rest.subarray(4))
    expect(source.added()).toEqual(['three é'])
  })

  it('takes older lines from the rotated file', () => {
    writeFileSync(`${file}.1`, text(numbered(1, 5)))
    writeFileSync(file, text(numbered(6, 7)))
    expect(source.last(4)).toEqual(numbered(4, 7))
    expect(source.last(2)).toEqual(numbered(6, 7))
  })

  it('loses nothing when the file is rotated while it is followed', () => {
    writeFileSync(file, text(numbered(1, 2)))
    expect(source.last(10)).toEqual(numbered(1, 2))
    appendFileSync(file, text(numbered(3, 3)))
    renameSync(file, `${file}.1`)
    writeFileSync(file, text(numbered(4, 5)))
    expect(source.added()).toEqual(numbered(3, 5))
    appendFileSync(file, text(numbered(6, 6)))
    expect(source.added()).toEqual(numbered(6, 6))
  })
})
