import { describe, expect, it } from 'vitest'
import { Scenario } from '../testing.ts'

const isSame = async (
  name: string,
  first: string | undefined,
  second: string | undefined,
  settings = {},
): Promise<boolean> => {
  const play = new Scenario(settings).answers({ 'cache-control': 'max-age=60', vary: name.toUpperCase() })
  await play.ask('/', first === undefined ? {} : { [name]: first })
  const { cache } = await play.ask('/', second === undefined ? {} : { [name]: second })
  if (!cache.startsWith('hit')) expect(cache).toContain('fwd=vary-miss')
  return cache.startsWith('hit')
}

describe('variants', () => {
  it.each<[string, string | undefined, string | undefined, boolean]>([
    ['x-kind', 'a', 'a', true],
    ['x-kind', 'a', 'b', false],
    ['x-kind', 'a', undefined, false],
    ['x-kind', undefined, undefined, true],
    ['x-kind', '', undefined, false],
    ['x-kind', '1,2', ' 1 , 2', true],
    ['accept-encoding', 'gzip, br', 'br;q=0.5, GZIP, identity, zstd;q=0', true],
    ['accept-encoding', 'gzip', 'x-gzip', true],
    ['accept-encoding', 'gzip, dcb', 'gzip', false],
    ['accept-encoding', '*', '*, br;q=0', false],
    ['accept-encoding', '*;q=0, identity, gzip', 'gzip', true],
    ['accept-encoding', 'gzip, br', 'gzip, br;q=0', false],
    ['accept-encoding', 'identity', 'identity;q=0', false],
    ['accept-encoding', 'gzip', 'gzip, *;q=0', false],
    ['accept-language', 'en, de', 'De,eN', true],
    ['accept-language', '*', '*, en;q=0', false],
    ['accept-language', 'en, de;q=0.5', 'de, en;q=0.5', false],
  ])('by %s: %s and %s are one: %s', async (name, first, second, same) => {
    expect(await isSame(name, first, second)).toBe(same)
  })

  it('are told apart by the letter when told so', async () => {
    expect(await isSame('accept-language', 'en, de', 'de, en', { normaliseVary: false })).toBe(false)
  })

  it('match on every name in Vary', async () => {
    const play = new Scenario().answers({ 'cache-control': 'max-age=60', vary: 'x-a, x-b' })
    await play.ask('/', { 'x-a': '1', 'x-b': '1' })
    expect((await play.ask('/', { 'x-b': '1', 'x-a': '1' })).cache).toContain('hit')
    expect((await play.ask('/', { 'x-a': '1', 'x-b': '2' })).cache).toContain('vary-miss')
  })

  it('of one URL are bounded, the oldest going first', async () => {
    const play = new Scenario({}, { maxVariants: 2 }).answers({ 'cache-control': 'max-age=60', vary: 'x-a' })
    for (const value of ['1', '2', '3']) await play.ask('/', { 'x-a': value })
    expect(play.store.stats().objects).toBe(2)
    expect((await play.ask('/', { 'x-a': '3' })).cache).toContain('hit')
    expect((await play.ask('/', { 'x-a': '1' })).cache).toContain('vary-miss')
  })
})
