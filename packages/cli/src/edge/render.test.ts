import { describe, expect, it } from 'vitest'
import { testIo } from '../testing/test-io.ts'
import { render } from './render.ts'

const nowMs = Date.parse('2026-11-21T05:00:30.000Z')
const show = (verb: string, answer: unknown): string[] => render(verb, answer, testIo().io, nowMs).trimEnd().split('\n')

const member = {
  state: 'healthy',
  why: 'passed its health check',
  since: '2026-11-21T05:00:00.000Z',
  weight: 1,
  sharePercent: 100,
  inFlight: 2,
  requests: 40,
  failures: 0,
  latencyMs: 3.4,
}

describe('what an edge answers', () => {
  it('is a table of members for each pool, with why one is out', () => {
    const out = { ...member, state: 'ejected', why: '5 in a row', until: '2026-11-21T05:00:54.000Z', sharePercent: 0 }
    const answer = [
      {
        name: 'web',
        isPanic: false,
        circuit: 'closed',
        requests: 80,
        retries: 2,
        hedges: 0,
        members: [
          { ...member, name: 'a:1' },
          { ...out, name: 'b:1', requests: 0 },
        ],
      },
    ]
    expect(show('pools', answer)).toEqual([
      'web  80 requests, 2 retries, 0 hedges',
      '  MEMBER  STATE     FOR  SHARE  WEIGHT  BUSY  SENT  FAILED  LATENCY  WHY',
      '  a:1     healthy  30 s  100 %       1     2    40       0     3 ms  passed its health check',
      '  b:1     ejected  30 s    0 %       1     2     0       0        -  5 in a row, for another 24 s',
    ])
    const [worried] = show('pools', [{ ...answer[0], isPanic: true, circuit: 'open' }])
    expect(worried).toMatch(/, circuit open, panic: so few are healthy that others are used too$/)
  })

  it('is a decision, its reason, and what is stored', () => {
    const fits = {
      status: 200,
      ageMs: 18_000,
      remainingMs: 42_000,
      freshnessSource: 's-maxage',
      where: 'memory',
      surrogateKeys: ['products'],
      vary: { 'accept-encoding': 'br', cookie: '\0' },
    }
    const answer = { route: 'default', key: 'https://a.test/', decision: 'hit', selected: fits, variants: [fits] }
    expect(show('explain', answer)).toEqual([
      'hit: answered from the cache',
      'route  default',
      'key    https://a.test/',
      'STORED      AGE  FRESH FOR  BY        IN      TAGS      VARY',
      '200, fits  18 s       42 s  s-maxage  memory  products  accept-encoding: br, cookie: none',
    ])
    const missed = { ...answer, decision: 'miss', reason: 'uri-miss', selected: undefined, variants: [] }
    expect(show('explain', missed)[0]).toBe('miss: nothing is stored under this key')
  })

  it('counts the cache, with units', () => {
    const answer = {
      hits: 3,
      staleHits: 0,
      misses: { 'uri-miss': 1 },
      notStored: {},
      bytes: 2048,
      maxBytes: 268_435_456,
    }
    expect(show('cache', answer)).toEqual([
      'hit ratio   75.0 %',
      'hits        3',
      'stale hits  0',
      'misses',
      '  uri-miss  1',
      'not stored  -',
      'bytes       2.0 KiB',
      'max         256 MiB',
    ])
  })

  it.each([
    ['drain', { pool: 'web', member: 'a:1' }, /^web\/a:1 takes no new work/],
    ['restore', { pool: 'web', member: 'a:1' }, /^web\/a:1 takes work again$/],
    ['weight', { pool: 'web', member: 'a:1', weight: 5 }, /^web\/a:1 has weight 5$/],
    ['purge', { purged: 1 }, /^1 response purged$/],
    ['purge', { purged: 2, others: 'told' }, /^2 responses purged; the other edges are told$/],
    ['purge', { purged: 0, others: 'later' }, /^0 responses purged here; .* when their Redis is back$/],
    ['reload', { workers: 1, later: [] }, /^reloaded$/],
    ['reload', { workers: 1, later: ['tls'] }, /^reloaded; tls wait/],
    ['metrics', 'edge_up 1\n', /^edge_up 1$/],
    ['slow', [], /^nothing$/],
  ])('%s %j', (verb, answer, expected) => {
    expect(show(verb, answer).join('\n')).toMatch(expected)
  })

  it('says how long certificates hold', () => {
    const held = {
      names: ['a.test', '*.a.test'],
      expires: '2026-11-21T06:00:30.000Z',
      fingerprint: 'AB:CD',
      workers: 2,
    }
    const over = { ...held, names: [], expires: '2026-11-21T05:00:00.000Z', workers: 1 }
    expect(show('certificates', [held, over])).toEqual([
      'NAMES            EXPIRES            IN         WORKERS  FINGERPRINT',
      'a.test *.a.test  2026-11-21 06:00Z  1 h 0 min        2  AB:CD',
      '-                2026-11-21 05:00Z  expired          1  AB:CD',
    ])
  })

  it('says where the time of a slow request went', () => {
    const slow = {
      at: '2026-11-21T05:00:00.000Z',
      method: 'GET',
      authority: 'a.test',
      path: '/x',
      status: 200,
      firstByteMs: 1500,
      client: '192.0.2.7',
      requestId: 'r-1',
      layers: [{ name: 'forward', durationMs: 1400 }],
    }
    expect(show('slow', [slow])).toEqual([
      '05:00:00  GET a.test/x 200  1.5 s  192.0.2.7, request r-1',
      '          forward 1.4 s',
    ])
  })

  it('is settings as they are written, lists of deep records one below the other', () => {
    const routes = [
      { name: 'api', cache: { key: { sortQuery: true } } },
      { name: 'default', cache: {} },
    ]
    expect(show('settings', { hosts: [], routes, pools: [{ idleMs: 5 }] })).toEqual([
      'hosts   -',
      'routes',
      '  - name   api',
      '    cache',
      '      key',
      '        sortQuery  true',
      '  - name   default',
      '    cache  -',
      'pools',
      '  idleMs',
      '       5',
    ])
  })

  it('does not steer the terminal with what clients sent', () => {
    const [, line = ''] = show('connections', [{ client: '\u{1b}[2J', ageMs: 61_000 }])
    expect(line).toBe('\\x1b[2J  1 min 1 s')
  })
})
