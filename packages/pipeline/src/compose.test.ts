import { describe, expect, it } from 'vitest'
import { isPending, whenAnswered } from './answer.ts'
import { compose, onAnswer, type Handler, type Layer, type NamedLayer } from './compose.ts'
import { Passage } from './passage.ts'

interface Context {
  readonly passage: Passage
}
interface Response {
  readonly text: string
  readonly madeFrom?: Response
}
type TestLayer = Layer<string, Response, Context>
type TestHandler = Handler<string, Response, Context>

const pass: TestLayer = (next) => next
const through =
  (trail: string[], name: string): TestLayer =>
  (next) =>
  async (request, context) => {
    trail.push(`${name} in`)
    const response = await next(request, context)
    trail.push(`${name} out`)
    return response
  }
/** Layers as tiers have them. */
const rewrite: TestLayer = (next) => (request, context) => next(`${request}!`, context)
const rescue: TestLayer = (next) => async (request, context) => {
  try {
    return await next(request, context)
  } catch {
    return { text: `nobody: ${context.passage.answeredBy}` }
  }
}
const shout: TestLayer = (next) => async (request, context) => {
  const madeFrom = await next(request, context)
  return { text: madeFrom.text.toUpperCase(), madeFrom }
}
const staleIfError: TestLayer = (next) => async (request, context) => {
  await next(request, context)
  return { text: 'stale' }
}
const failsLate: TestLayer = (next) => async (request, context) => {
  await next(request, context)
  throw new Error('too late')
}
const retry: TestLayer = (next) => async (request, context) => {
  try {
    return await next(request, context)
  } catch {
    return next(request, context)
  }
}
const hedge: TestLayer = (next) => (request, context) => Promise.race([next(request, context), next(request, context)])

const answering =
  (text: string): TestHandler =>
  async () => ({ text })

const silence = async (): Promise<undefined> => undefined

/** A clock that moves only when told to. */
const testClock = () => {
  let nowMs = 1000
  return { now: () => nowMs, advance: (ms: number) => (nowMs += ms) }
}
const run = async (layers: readonly NamedLayer<string, Response, Context>[], terminal: TestHandler) => {
  const passage = new Passage(() => 0)
  const handler = compose(layers, ['terminal', terminal])
  const response = await (async () => handler('ping', { passage }))().catch((error: unknown) => error)
  return { passage, response }
}
const depths = ({ visits }: Passage): string[] => visits.map(({ name, depth }) => `${depth} ${name}`)

describe('whenAnswered', () => {
  it('goes on in the same turn with an answer that is there', () => {
    expect(whenAnswered('pong', (response) => response.length)).toBe(4)
  })

  it('waits for one that is not', async () => {
    const answer = whenAnswered(Promise.resolve('pong'), (response) => response.length)
    expect(isPending(answer)).toBe(true)
    expect(await answer).toBe(4)
  })
})

describe('onAnswer', () => {
  const noted = onAnswer((response: string, request: string, context: number) => `${request} ${context} ${response}`)

  it('goes on in the same turn with an answer that is there', () => {
    expect(noted(() => 'pong')('ping', 7)).toBe('ping 7 pong')
  })

  it('waits for one that is not, and lets a failure pass', async () => {
    const answer = noted(() => Promise.resolve('pong'))('ping', 7)
    expect(isPending(answer)).toBe(true)
    expect(await answer).toBe('ping 7 pong')
    await expect(noted(() => Promise.reject(new Error('no')))('ping', 7)).rejects.toThrow('no')
  })
})

describe('compose', () => {
  it('runs the first listed outermost', async () => {
    const trail: string[] = []
    await run(
      [
        ['a', through(trail, 'a')],
        ['b', through(trail, 'b')],
      ],
      answering('pong'),
    )
    expect(trail).toEqual(['a in', 'b in', 'b out', 'a out'])
  })

  it('hands the request and the context on explicitly', async () => {
    const seen: unknown[] = []
    const passage = new Passage()
    await compose<string, Response, Context>(
      [['rewrite', rewrite]],
      ['terminal', async (request, context) => (seen.push(request, context.passage), { text: '' })],
    )('ping', { passage })
    expect(seen).toEqual(['ping!', passage])
  })

  it('is only the terminal when no layer is listed', async () => {
    const { passage, response } = await run([], answering('pong'))
    expect(response).toEqual({ text: 'pong' })
    expect(depths(passage)).toEqual(['0 terminal'])
  })

  it('works without anybody watching', async () => {
    const handler = compose<string, Response, object>([['a', (next) => next]], ['t', async () => ({ text: 'pong' })])
    expect(await handler('ping', {})).toEqual({ text: 'pong' })
  })

  it('times each layer including those below it', async () => {
    const { now, advance } = testClock()
    const passage = new Passage(now)
    const slow: TestLayer = (next) => async (request, context) => {
      advance(5)
      const response = await next(request, context)
      advance(2)
      return response
    }
    await compose<string, Response, Context>([['slow', slow]], ['terminal', async () => (advance(10), { text: '' })])(
      'ping',
      { passage },
    )
    expect(passage.visits).toEqual([
      { name: 'slow', depth: 0, startMs: 0, durationMs: 17, outcome: 'answered' },
      { name: 'terminal', depth: 1, startMs: 5, durationMs: 10, outcome: 'answered' },
    ])
    expect(passage.elapsedMs).toBe(17)
  })
})

describe('who answered', () => {
  it('is the layer that made the answer, not those that passed it on', async () => {
    const { passage } = await run([['outer', pass]], answering('pong'))
    expect(passage.answeredBy).toBe('terminal')
  })

  it('is the layer that never called next', async () => {
    const { passage } = await run(
      [
        ['outer', pass],
        ['cache', () => answering('hit')],
        ['inner', pass],
      ],
      answering('pong'),
    )
    expect(passage.answeredBy).toBe('cache')
    expect(depths(passage)).toEqual(['0 outer', '1 cache'])
  })

  it('is whoever said that there is no answer', async () => {
    const passage = new Passage(() => 0)
    await compose<string, undefined, Context>([['outer', (next) => next]], ['drop', silence])('ping', { passage })
    expect(passage.answeredBy).toBe('drop')
  })

  it('is the layer that answers for those that failed below it', async () => {
    const { passage, response } = await run([['rescue', rescue]], () => Promise.reject(new Error('no')))
    expect(response).toEqual({ text: 'nobody: undefined' })
    expect(passage.answeredBy).toBe('rescue')
    expect(passage.visits.map(({ outcome }) => outcome)).toEqual(['answered', 'failed'])
  })

  it('is the layer that throws an answer from below away for its own', async () => {
    const { passage } = await run([['cache', staleIfError]], answering('broken'))
    expect(passage.answeredBy).toBe('cache')
  })

  it('is not a layer that gives the answer another form, and says so', async () => {
    const { passage, response } = await run(
      [
        ['outer', pass],
        ['shout', shout],
        ['cache', () => answering('hit')],
      ],
      answering('pong'),
    )
    expect(response).toMatchObject({ text: 'HIT' })
    expect(passage.answeredBy).toBe('cache')
    const outOfNowhere = await run(
      [['shout', () => async () => ({ text: 'A', madeFrom: { text: 'a' } })]],
      answering(''),
    )
    expect(outOfNowhere.passage.answeredBy).toBe('shout')
  })

  it('is nobody when a layer fails after those below it answered', async () => {
    const { passage, response } = await run([['fails', failsLate]], answering('pong'))
    expect(response).toEqual(new Error('too late'))
    expect(passage.answeredBy).toBeUndefined()
  })

  it('survives a retry, whose attempts stand at the same depth', async () => {
    let attempts = 0
    const { passage, response } = await run(
      [
        ['retry', retry],
        ['balance', pass],
      ],
      async () => {
        attempts++
        if (attempts === 1) throw new Error('first')
        return { text: 'second' }
      },
    )
    expect(response).toEqual({ text: 'second' })
    expect(depths(passage)).toEqual(['0 retry', '1 balance', '2 terminal', '1 balance', '2 terminal'])
    expect(passage.answeredBy).toBe('terminal')
  })

  it('is right when a layer calls next in parallel and takes the first', async () => {
    const slow = Promise.withResolvers<void>()
    let calls = 0
    const { passage, response } = await run(
      [
        ['hedge', hedge],
        ['below', pass],
      ],
      async () => {
        calls++
        if (calls === 1) await slow.promise
        return { text: String(calls) }
      },
    )
    expect(response).toEqual({ text: '2' })
    expect(depths(passage).toSorted()).toEqual(['0 hedge', '1 below', '1 below', '2 terminal', '2 terminal'])
    slow.resolve()
    await slow.promise
    expect(passage.answeredBy).toBe('terminal')
  })

  it.each([
    ['fails', async (): Promise<Response> => Promise.reject(new Error('late failure'))],
    ['answers', async (): Promise<Response> => ({ text: 'late' })],
  ])('is not changed by work in the background that %s later', async (_how, finish) => {
    const origin = Promise.withResolvers<Response>()
    const later: Promise<unknown>[] = []
    const staleWhileRevalidate: TestLayer = (next) => async (request, context) => {
      later.push(Promise.resolve(next(request, context)).catch((error: unknown) => error))
      return { text: 'stale' }
    }
    const { passage } = await run([['cache', staleWhileRevalidate]], () => origin.promise)
    expect(passage.answeredBy).toBe('cache')
    origin.resolve(finish())
    await Promise.all(later)
    expect(passage.visits.at(-1)?.outcome).toBeDefined()
    expect(passage.answeredBy).toBe('cache')
  })
})
