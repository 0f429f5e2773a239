import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fields, fieldName } from './fields.ts'

const name = fc.constantFrom('a', 'A', 'b', 'X-Long', 'x-long')
const line = fc.tuple(name, fc.string({ maxLength: 3 }))

describe('Fields', () => {
  it('keeps lines in order, with names in lower case', () => {
    const fields = Fields.of({ Accept: '*/*', 'X-Nothing': undefined, Age: 5 }).append('set-cookie', 'a')
    expect(fields.toRaw()).toEqual(['accept', '*/*', 'age', '5', 'set-cookie', 'a'])
    expect([...fields]).toEqual([
      ['accept', '*/*'],
      ['age', '5'],
      ['set-cookie', 'a'],
    ])
  })

  it('joins lines of one name, or gives them one by one', () => {
    const fields = Fields.fromRaw(['Via', '1.1 a', 'via', '1.1 b'])
    expect(fields.get('via')).toBe('1.1 a, 1.1 b')
    expect(fields.getAll('via')).toEqual(['1.1 a', '1.1 b'])
    expect(fields.get('none')).toBeUndefined()
    expect(fields.getAll('none')).toEqual([])
  })

  it('tells an empty value from none', () => {
    expect(Fields.of({ te: '' }).get('te')).toBe('')
    expect(Fields.fromRaw(['a', '', 'a', 'b']).get('a')).toBe(', b')
  })

  it('is a multi-map without regard to the case of what was read, like a plain list of lines', () => {
    fc.assert(
      fc.property(fc.array(line), name.map(fieldName), fc.string(), (lines, key, value) => {
        const fields = Fields.fromRaw(lines.flat())
        const expected = lines.filter(([other]) => other.toLowerCase() === key).map(([, text]) => text)
        const others = lines.length - expected.length
        expect(fields.getAll(key)).toEqual(expected)
        expect(fields.has(key)).toBe(expected.length > 0)
        expect(fields.set(key, value).getAll(key)).toEqual([value])
        expect([...fields].length).toBe(others + 1)
        expect([...fields.delete(key)].length).toBe(others)
        expect(fields.has(key)).toBe(false)
      }),
      { seed: 1 },
    )
  })

  it('is copied with one line in place of others of a name', () => {
    const fields = Fields.adopt(['a', '1', 'b', '2', 'a', '3'])
    expect(fields.with('a', 4).flat).toEqual(['b', '2', 'a', '4'])
    expect(fields.with('c', 'x').flat).toEqual(['a', '1', 'b', '2', 'a', '3', 'c', 'x'])
    expect(fields.flat).toEqual(['a', '1', 'b', '2', 'a', '3'])
  })

  it('shares nothing with its clone or its raw list', () => {
    const fields = Fields.of({ a: '1' })
    fields.clone().set('a', '2')
    fields.toRaw().push('b', '3')
    expect(fields.toRaw()).toEqual(['a', '1'])
  })
})
