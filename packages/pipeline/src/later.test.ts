import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { later, whenAnswered, whenOver, type Answer } from './answer.ts'
import { Later } from './later.ts'

const failure = new Error('no')
const fails = (): never => {
  throw failure
}
const good = (response: string, about: string): string => `${about}: ${response}`
const bad = (error: unknown, about: string): string => `${about}: ${(error as Error).message}`

const ask = (answer: () => Answer<string>): Answer<string> => whenOver(answer, 'ping', {}, good, bad, 'asked')

/** One that is answered when told to. */
const pending = () => {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  return { answer: new Later(promise), resolve, reject }
}

describe('an answer that comes later', () => {
  it('goes through all that is to be done with it, in one turn of the microtask queue', async () => {
    const { answer, resolve } = pending()
    const trail: string[] = []
    const note = (response: string, about: string, also: number): string => {
      trail.push(`${response} ${about} ${also}`)
      return `${response}!`
    }
    answer.after(note, undefined, 'first', 1).after(note, undefined, 'second', 2)
    resolve('pong')
    expect(trail).toEqual([])
    await Promise.resolve()
    expect(trail).toEqual(['pong first 1', 'pong! second 2'])
  })

  it.each([
    ['a promise', async (response: string) => `${response} of a promise`],
    ['another that comes later', (response: string) => later(Promise.resolve(`${response} of another`))],
  ])('waits for %s', async (_name, work) => {
    const { answer, resolve } = pending()
    const whole = answer
      .after<string, undefined, undefined>(work, undefined, undefined, undefined)
      .after((response) => `${response}, and on`, undefined, undefined, undefined)
    resolve('pong')
    expect(await whole).toMatch(/^pong of .*, and on$/)
  })

  it('can be gone on with after it came', async () => {
    const answer = later(Promise.resolve('pong'))
    await Promise.resolve()
    expect(await answer.after((response) => response.length, undefined, undefined, undefined)).toBe(4)
  })

  it.each([
    ['comes', ({ reject }: ReturnType<typeof pending>) => reject(failure), undefined],
    ['is thrown on the way', ({ resolve }: ReturnType<typeof pending>) => resolve('pong'), fails],
    ['comes of another', ({ resolve }: ReturnType<typeof pending>) => resolve('pong'), () => Promise.reject(failure)],
  ])('passes by what a failure that %s is nothing to, until it is rescued', async (_name, end, work) => {
    const given = pending()
    const whole = given.answer
      .after<string, undefined, undefined>(work, undefined, undefined, undefined)
      .after((response) => `never ${response}`, undefined, undefined, undefined)
      .after(undefined, (error, about) => `${about} of ${(error as Error).message}`, 'instead', undefined)
      .after((response: unknown) => `${response as string}, and on`, undefined, undefined, undefined)
    end(given)
    expect(await whole).toBe('instead of no, and on')
  })

  it('rejects for who awaits it', async () => {
    await expect(async () => later(Promise.reject(failure))).rejects.toBe(failure)
  })

  it('tells the process of a failure that nobody hears of, and of no other', async () => {
    const heard: unknown[] = []
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    try {
      const unheard = once(process, 'unhandledRejection')
      const late = later(Promise.reject(new Error('heard of a little later')))
      queueMicrotask(() => void late.after(undefined, (error) => heard.push(error), undefined, undefined))
      void later(Promise.reject(failure)).after((response) => response, undefined, undefined, undefined)
      expect((await unheard)[0]).toBe(failure)
      expect(heard).toEqual([new Error('heard of a little later')])
    } finally {
      for (const listener of others) process.on('unhandledRejection', listener)
    }
  })
})

describe('whenOver', () => {
  it('goes on in the same turn with an answer, or a failure, that is there', () => {
    expect([ask(() => 'pong'), ask(fails)]).toEqual(['asked: pong', 'asked: no'])
  })

  it('goes on with either when it comes', async () => {
    expect(await ask(() => Promise.resolve('pong'))).toBe('asked: pong')
    expect(await ask(() => Promise.reject(failure))).toBe('asked: no')
    expect(await ask(() => later(Promise.reject(failure)))).toBe('asked: no')
  })

  it('does not take what its work throws for a failure of what was asked', () => {
    expect(() => whenOver(() => 'pong', 'ping', {}, fails, bad, 'asked')).toThrow(failure)
  })
})

it('keeps one object for all layers', () => {
  const answer = later(Promise.resolve('pong'))
  expect(whenAnswered(answer, (response) => response)).toBe(answer)
})
