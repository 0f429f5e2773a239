/** Failovers that are refused before anything changes, each with a sentence that says what to do. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startForTest } from '../helpers/cleanups.ts'
import { asSuperuser, cutOff, isReplicated, onPrimary, startPair } from '../helpers/postgres-pair.ts'

const refusal = (message: string | RegExp) => ({
  code: 'FAILOVER_REFUSED',
  message: typeof message === 'string' ? message : expect.stringMatching(message),
})

describe('refused, with nothing changed', () => {
  test('when no replica can take over', async () => {
    const stack = await startPair()
    await expect(stack.database.failover({ to: 'postgres-primary' })).rejects.toMatchObject(
      refusal('postgres-primary is the primary already.'),
    )
    await expect(stack.database.failover({ to: 'app-1' })).rejects.toMatchObject(
      refusal('app-1 is not a replica of this stack; its replicas: postgres-replica.'),
    )
    await stack.instance('postgres-replica').pause()
    await expect(stack.database.failover()).rejects.toMatchObject(
      refusal('postgres-replica is paused: resume it first with ./roundtrip resume postgres-replica.'),
    )
    await stack.instance('postgres-replica').stop()
    await expect(stack.database.failover()).rejects.toMatchObject(
      refusal('postgres-replica is stopped: start it first with ./roundtrip start postgres-replica.'),
    )
    expect(await onPrimary(stack, 'insert into numbers values (51)')).toEqual([])
  })

  test('when the replica was promoted by other means', async () => {
    const stack = await startPair()
    await asSuperuser(stack, 'postgres-replica', 'select pg_promote()')
    await expect(stack.database.failover()).rejects.toMatchObject(refusal(/was promoted by other means/))
    // What the sentence says to do.
    await stack.instance('postgres-replica').stop()
    rmSync(join(stack.postgresFolder, 'postgres-replica'), { recursive: true })
    await stack.instance('postgres-replica').start()
    await isReplicated(stack)
    expect(await stack.database.failover()).toMatchObject({ to: 'postgres-replica', lost: 'nothing' })
  })

  test('when the replica is far behind', async () => {
    const stack = await startPair()
    await cutOff(stack)
    for (let segment = 0; segment < 6; segment += 1) {
      await asSuperuser(stack, 'postgres-primary', `create table segment_${segment} (); select pg_switch_wal()`)
    }
    await expect(stack.database.failover()).rejects.toMatchObject(refusal(/^postgres-replica is \d+ MiB behind/))
    expect(stack.instance('postgres-primary').state).toBe('ready')
  })

  test('while another one is under way, which nothing disturbs', async () => {
    const stack = await startPair()
    const first = stack.database.failover()
    await expect(stack.database.failover()).rejects.toMatchObject({ code: 'FAILOVER_IN_PROGRESS' })
    expect(await stack.database.status()).toMatchObject({ isFailingOver: true })
    expect((await first).to).toBe('postgres-replica')
    expect(await stack.database.status()).toMatchObject({ isFailingOver: false })
  })

  test('when there is no Postgres, or only one', async () => {
    const cache = await startForTest({ include: ['redis-cache'], control: false })
    await expect(cache.database.failover()).rejects.toMatchObject(refusal(/^This stack runs no Postgres/))
    await expect(cache.database.status()).rejects.toMatchObject(refusal(/^This stack runs no Postgres/))
    const single = await startForTest({ include: ['postgres-primary'], control: false })
    await expect(single.database.failover()).rejects.toMatchObject(refusal(/^This stack runs no replica/))
  })
})
