import { describe, expect, it } from 'vitest'
import { testIo } from '../testing/test-io.ts'
import { render } from './render.ts'

const show = (verb: string, answer: unknown): string => render(verb, answer, testIo().io)

describe('what an edge answers', () => {
  it('is a table of members for each pool', () => {
    const answer = [
      {
        name: 'web',
        retries: 2,
        members: [
          { name: 'a:1', state: 'healthy' },
          { name: 'b:1', state: 'ejected', why: '5 in a row' },
        ],
      },
    ]
    expect(show('pools', answer)).toBe(
      'web  retries 2\n  NAME  STATE    WHY\n  a:1   healthy  -\n  b:1   ejected  5 in a row\n',
    )
  })

  it('is lines for one record, deeper ones below their name', () => {
    expect(show('cache', { hits: 3, ratio: 0.123456, misses: { stale: 1 } })).toBe(
      'hits    3\nratio   0.12\nmisses\n  stale  1\n',
    )
  })

  it('is what it is for text, and says so for nothing', () => {
    expect(show('metrics', 'edge_up 1\n')).toBe('edge_up 1\n')
    expect(show('slow', [])).toBe('nothing\n')
  })
})
