import { RoundtripError } from '@roundtrip/errors'
import { describe, expect, it } from 'vitest'
import { explainStartError } from './start-error.ts'

const listenError = (code: string) =>
  Object.assign(new Error(`listen ${code}`), { code, address: '192.0.2.1', port: 53 })

describe('explainStartError', () => {
  it.each([
    ['EADDRINUSE', 'is already in use'],
    ['EACCES', 'may not be used by this user'],
    ['EADDRNOTAVAIL', 'is not an address of this machine'],
  ])('%s names address, reason and settings', (code, reason) => {
    const explained = explainStartError(listenError(code), 'dns')
    expect(explained.code).toBe(code)
    expect(explained.message).toMatch(/^192\.0\.2\.1:53 /)
    expect(explained.message).toContain(reason)
    expect(explained.message).toMatch(/\(settings DNS_HOST and DNS_…PORT\)\.$/)
  })

  it('keeps the sentence of our own errors', () => {
    const error = new RoundtripError('ZONE_INVALID', 'Line 3 has no type.')
    expect(explainStartError(error, 'dns')).toEqual({ code: 'ZONE_INVALID', message: 'Line 3 has no type.' })
  })

  it.each([
    [new Error('other'), 'other'],
    [Object.assign(new Error('no such file'), { code: 'ENOENT' }), 'no such file'],
    ['thrown text', 'thrown text'],
    [undefined, 'undefined'],
  ])('says what is known of %s', (error, message) => {
    expect(explainStartError(error, 'dns').message).toBe(message)
  })
})
