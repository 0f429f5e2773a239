import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { freshProfile } from './profile.ts'

describe('freshProfile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-browser-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('makes a new one each time and removes those that no browser runs on', () => {
    const first = freshProfile(folder)
    symlinkSync(`${hostname()}-${process.pid}`, join(first, 'SingletonLock'))
    const second = freshProfile(folder)
    expect(second).not.toBe(first)
    freshProfile(folder)
    expect(existsSync(first)).toBe(true)
    expect(existsSync(second)).toBe(false)
  })
})
