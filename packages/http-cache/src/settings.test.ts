import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { cacheSettings, cacheStoreSettings, defaultCacheSettings } from './settings.ts'

describe('settings', () => {
  it('default to what the schema says', () => {
    expect(Value.Default(cacheSettings, {})).toEqual(defaultCacheSettings)
    expect(Value.Check(cacheSettings, defaultCacheSettings)).toBe(true)
    expect(Value.Check(cacheStoreSettings, Value.Default(cacheStoreSettings, {}))).toBe(true)
  })

  it.each([{ unknown: 1 }, { maxObjectBytes: -1 }, { setCookie: 'always' }, { negativeTtlMs: { 200: 5 } }])(
    'refuse %o',
    (wrong) => {
      expect(Value.Check(cacheSettings, { ...defaultCacheSettings, ...wrong })).toBe(false)
    },
  )
})
