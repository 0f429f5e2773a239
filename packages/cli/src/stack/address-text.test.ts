import { describe, expect, it } from 'vitest'
import { addressAndRole, addressText } from './address-text.ts'

describe('addressText', () => {
  it.each([
    [{}, ''],
    [{ http: '127.0.0.1:8101' }, '127.0.0.1:8101'],
    [{ dns: '127.0.0.1:5300' }, '127.0.0.1:5300 udp+tcp'],
    [{ https: '[::1]:8443', http: '[::1]:8080' }, '[::1]:8443 https, :8080 http'],
    [{ https: '127.0.0.1:8443', http: '127.0.0.2:8080' }, '127.0.0.1:8443 https, 127.0.0.2:8080 http'],
  ])('%j', (addresses, text) => {
    expect(addressText(addresses as Record<string, string>)).toBe(text)
  })
})

describe('addressAndRole', () => {
  it.each([
    [{ addresses: { postgres: '127.0.0.1:15432' }, role: 'replica' } as const, '127.0.0.1:15432 replica'],
    [{ addresses: { redis: '127.0.0.1:16379' } }, '127.0.0.1:16379'],
    [{ addresses: {} }, ''],
  ])('%j', (row, text) => {
    expect(addressAndRole(row)).toBe(text)
  })
})
