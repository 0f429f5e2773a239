/** The examples of RFC 7396, and what follows from its pseudocode for any values. */
import { assert, jsonValue, property, type Arbitrary } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mergePatch, type Json } from './merge-patch.ts'

describe('RFC 7396, appendix A', () => {
  test.each<[original: Json, patch: Json, result: Json]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j and %j make %j', (original, patch, result) => expect(mergePatch(original, patch)).toEqual(result))
})

const json = jsonValue({ maxDepth: 4 }) as Arbitrary<Json>

const isObject = (value: Json | undefined): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Members that are null are what no patch can say. */
const withoutNulls = (value: Json): Json =>
  isObject(value)
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([, member]) => member !== null)
          .map(([name, member]) => [name, withoutNulls(member)]),
      )
    : value

/** A patch that makes `to` of `from`. */
const difference = (from: Json, to: Json): Json => {
  if (!isObject(from) || !isObject(to)) return to
  const removed = Object.keys(from).filter((name) => !Object.hasOwn(to, name))
  const set = Object.entries(to).map(([name, value]): [string, Json] => [
    name,
    Object.hasOwn(from, name) ? difference(from[name] ?? null, value) : value,
  ])
  return Object.fromEntries([...removed.map((name): [string, Json] => [name, null]), ...set])
}

describe('for any values', () => {
  test('a patch that was applied already changes nothing', () => {
    assert(
      property(json, json, (target, patch) => {
        const once = mergePatch(target, patch)
        expect(mergePatch(once, patch)).toEqual(once)
      }),
    )
  })

  test('whatever has no null members can be made of anything', () => {
    assert(
      property(json, json, (from, to) => {
        const wanted = withoutNulls(to)
        expect(mergePatch(from, difference(from, wanted))).toEqual(wanted)
      }),
    )
  })

  test('neither the target nor the patch is touched', () => {
    assert(
      property(json, json, (target, patch) => {
        const before = JSON.stringify([target, patch])
        mergePatch(target, patch)
        expect(JSON.stringify([target, patch])).toBe(before)
      }),
    )
  })

  test('a member called __proto__ is a member', () => {
    const patch = JSON.parse('{"__proto__":{"polluted":true}}') as Json
    const merged = mergePatch({}, patch)
    expect(Object.hasOwn(merged as object, '__proto__')).toBe(true)
    expect('polluted' in {}).toBe(false)
  })
})
