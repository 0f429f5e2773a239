import { readdirSync } from 'node:fs'
import type { Database, DatabaseHealth } from '@roundtrip/postgres'
import { describe, expect, it } from 'vitest'
import { AppHealth } from './health.ts'

const migrations = readdirSync(`${import.meta.dirname}/../migrations`).toSorted()
const newest = migrations.at(-1)?.replace('.sql', '') ?? ''
const older = migrations.at(-2)?.replace('.sql', '') ?? ''

/** A database as it is at the moment. */
const start = (state: { nodes: Record<string, string>; last: string | Error | undefined }, clock = () => 0) => {
  const asked: string[] = []
  const health = new AppHealth({
    database: {
      health: async () =>
        ({ reachable: Object.values(state.nodes).includes('ok'), nodes: state.nodes }) as unknown as DatabaseHealth,
      read: (async (_consistency: never, work: (node: object) => Promise<unknown>) => ({
        node: 'primary',
        value: await work({
          query: async (text: string) => {
            asked.push(text)
            if (state.last instanceof Error) throw state.last
            return state.last === undefined ? [] : [{ name: state.last }]
          },
        }),
      })) as unknown as Database['read'],
    },
    checks: () => ({ cache: 'down' }),
    clock,
  })
  return { health, asked, state }
}
const up = { primary: 'ok' }
const away = { primary: 'unreachable' }

describe('an application has started', () => {
  it('when a database has answered that has the newest schema, and not before', async () => {
    const { health, state } = start({ nodes: away, last: newest })
    const waits = { ready: false, started: false }
    expect(await health.health()).toEqual({
      ...waits,
      checks: { primary: 'unreachable', cache: 'down', start: 'waits for a database' },
    })
    state.nodes = up
    for (const last of [undefined, older, new Error('relation "migrations" does not exist')]) {
      state.last = last
      expect(await health.health()).toMatchObject({ ...waits, checks: { start: 'waits for the migrations' } })
    }
    state.last = newest
    expect(await health.health()).toEqual({ ready: true, started: true, checks: { primary: 'ok', cache: 'down' } })
  })

  it('with the schema of a later version too', async () => {
    const { health } = start({ nodes: up, last: '9999999999999_later' })
    expect(await health.health()).toMatchObject({ ready: true, started: true })
  })

  it('for good: what happens later is a matter of being ready', async () => {
    const { health, asked, state } = start({ nodes: up, last: newest })
    await health.health()
    state.nodes = away
    expect(await health.health()).toMatchObject({ ready: false, started: true })
    state.nodes = up
    expect(await health.health()).toMatchObject({ ready: true, started: true })
    expect(asked).toHaveLength(1)
  })
})

describe('who waits for the beginning', () => {
  it('waits until it has started', async () => {
    const { health, asked, state } = start({ nodes: away, last: newest })
    const begun = health.begun()
    state.nodes = up
    await begun
    expect(await health.health()).toMatchObject({ ready: true })
    expect(asked).toHaveLength(1)
  })

  it('does not wait for ever', async () => {
    let now = 0
    const { health } = start({ nodes: away, last: newest }, () => (now += 3000))
    await health.begun()
    expect(await health.health()).toMatchObject({ ready: false, started: false })
  })
})

it('is not ready any more once it was told to stop', async () => {
  const { health } = start({ nodes: up, last: newest })
  health.retire()
  expect(await health.health()).toMatchObject({ ready: false, started: true, checks: { draining: 'yes' } })
})
