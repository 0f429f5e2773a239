import { expect, test } from 'vitest'
import { lineSplitter } from './lines.ts'

const split = (...chunks: Buffer[]): string[] => {
  const lines: string[] = []
  const splitter = lineSplitter((line) => lines.push(line))
  for (const chunk of chunks) splitter.push(chunk)
  splitter.end()
  return lines
}

test('lines are whole however the bytes arrive', () => {
  const bytes = Buffer.from('one\nzwölf\nlast')
  for (let at = 0; at <= bytes.length; at += 1) {
    expect(split(bytes.subarray(0, at), bytes.subarray(at))).toEqual(['one', 'zwölf', 'last'])
  }
})

test('a line without an end does not grow without bound', () => {
  const [line] = split(Buffer.alloc(100_000, 'a'), Buffer.alloc(100_000, 'a'))
  expect(line?.length).toBeLessThan(200_000)
})
