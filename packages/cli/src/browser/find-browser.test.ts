import { describe, expect, it } from 'vitest'
import { findBrowser, hasDisplay } from './find-browser.ts'

describe('findBrowser', () => {
  const env = { PATH: '/usr/local/bin::/usr/bin', HOME: '/home/a' }

  it('takes the first program on the path, in the order of likeliness', () => {
    const there = new Set(['/usr/bin/google-chrome', '/usr/bin/chromium'])
    expect(findBrowser('linux', env, (file) => there.has(file))).toBe('/usr/bin/chromium')
  })

  it('looks into the application folders on macOS first', () => {
    const chrome = '/home/a/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
    expect(findBrowser('darwin', env, (file) => file === chrome || file === '/usr/bin/chromium')).toBe(chrome)
  })

  it('finds nothing where there is nothing', () => {
    expect(findBrowser('linux', {}, () => true)).toBeUndefined()
    expect(findBrowser('linux', env, () => false)).toBeUndefined()
  })
})

describe('hasDisplay', () => {
  it.each([
    ['linux', {}, false],
    ['linux', { DISPLAY: ':0' }, true],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, true],
    ['darwin', {}, true],
  ] as const)('on %s with %j: %s', (platform, env, expected) => {
    expect(hasDisplay(platform, env)).toBe(expected)
  })
})
