import { describe, expect, it } from 'vitest'
import { Scenario } from '../testing.ts'

const stored = async (...targets: string[]): Promise<Scenario> => {
  const play = new Scenario().answers({ 'cache-control': 'max-age=60' })
  for (const target of targets) await play.ask(target)
  return play
}

describe('invalidation', () => {
  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'M-SEARCH'])('follows a successful %s', async (method) => {
    const play = await stored('/')
    await play.answers({}).ask('/', {}, method)
    expect((await play.ask()).cache).toContain('fwd=uri-miss')
  })

  it.each(['OPTIONS', 'TRACE'])('does not follow %s', async (method) => {
    const play = await stored('/')
    await play.answers({}).ask('/', {}, method)
    expect((await play.ask()).cache).toContain('hit')
  })

  it('does not follow a write that failed', async () => {
    const play = await stored('/')
    await play.answers({}, { status: 500 }).ask('/', {}, 'POST')
    expect((await play.ask()).cache).toContain('hit')
  })

  it('reaches Location and Content-Location of the same origin only', async () => {
    const play = await stored('/1', '/2', '/3')
    play.answers({ location: '/1', 'content-location': 'https://www.roundtrip.test/2' })
    await play.ask('/new', {}, 'POST')
    play.answers({ 'content-location': 'https://elsewhere.test/3', location: '//other.test/3' })
    await play.ask('/new', {}, 'POST')
    expect((await play.ask('/1')).cache).toContain('uri-miss')
    expect((await play.ask('/2')).cache).toContain('uri-miss')
    expect((await play.ask('/3')).cache).toContain('hit')
  })
})
