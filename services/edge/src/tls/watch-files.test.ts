import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { signatureOf, watchFiles } from './watch-files.ts'

it('leaves time for both files of a pair, also where only looking from time to time tells of them', () => {
  const parent = mkdtempSync(join(tmpdir(), 'roundtrip-'))
  onTestFinished(() => rmSync(parent, { recursive: true }))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  // A folder that is not there yet cannot be watched.
  const folder = join(parent, 'later')
  const files = ['edge.pem', 'edge.key'].map((name) => join(folder, name))
  const onChange = vi.fn<() => void>()
  onTestFinished(watchFiles({ files, onChange, settleMs: 200, pollMs: 10_000 }))
  vi.advanceTimersByTime(10_000)
  mkdirSync(folder)
  writeFileSync(files[0] ?? '', 'certificate')
  vi.advanceTimersByTime(10_000)
  expect(onChange).not.toHaveBeenCalled()
  vi.advanceTimersByTime(199)
  writeFileSync(files[1] ?? '', 'key')
  vi.advanceTimersByTime(200)
  expect(onChange).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(onChange).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(30_000)
  expect(onChange).toHaveBeenCalledTimes(1)
})

it('sees what was written after the files were read, before anybody watched', () => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const file = join(folder, 'edge.yaml')
  writeFileSync(file, 'a')
  const known = signatureOf([file])
  const onChange = vi.fn<() => void>()
  onTestFinished(watchFiles({ files: [file], known, onChange }))
  vi.advanceTimersByTime(1000)
  expect(onChange).not.toHaveBeenCalled()
  writeFileSync(file, 'ab')
  onTestFinished(watchFiles({ files: [file], known, onChange }))
  vi.advanceTimersByTime(200)
  expect(onChange).toHaveBeenCalledTimes(1)
})
