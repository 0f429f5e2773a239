/** Failovers of the data tier alone, and what can go wrong in the middle of one. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connectToStack, startStack, type Stack } from '@roundtrip/stack'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startForTest, temporaryFolder } from '../helpers/cleanups.ts'
import {
  asSuperuser,
  changed,
  cutOff,
  isReplicated,
  numbers,
  onPrimary,
  roles,
  servers,
  startPair,
} from '../helpers/postgres-pair.ts'
import { childrenOf, isRunning } from '../helpers/processes.ts'

const writeUnseen = async (stack: Stack): Promise<void> => {
  await cutOff(stack)
  await onPrimary(stack, 'insert into numbers select generate_series(51, 100)')
}

const afterAll100 = { n: 100, sum: 5050 }

describe('what the replica never got', () => {
  test('is read from the disk of a primary that was killed', async () => {
    const stack = await startPair()
    await writeUnseen(stack)
    await stack.instance('postgres-primary').kill()
    expect(await stack.database.failover()).toMatchObject({
      lost: 'nothing',
      former: expect.not.stringMatching('shut'),
    })
    expect(await numbers(stack)).toEqual(afterAll100)
    expect(await roles(stack)).toEqual(changed)
  })

  test('is read from a folder whatever it is called', async () => {
    const root = join(temporaryFolder(), "it's 100% odd")
    const stack = await startPair({ root, durable: false })
    await writeUnseen(stack)
    await stack.instance('postgres-primary').kill()
    expect(await stack.database.failover()).toMatchObject({ lost: 'nothing', warnings: [] })
    expect(await numbers(stack)).toEqual(afterAll100)
  })

  test('is read from the disk of a primary that was shut down', async () => {
    const stack = await startPair()
    await writeUnseen(stack)
    expect(await stack.database.failover()).toMatchObject({ lost: 'nothing', former: 'shut-down', warnings: [] })
    expect(await numbers(stack)).toEqual(afterAll100)
    expect(await roles(stack)).toEqual(changed)
  })

  test('is read from a primary that was stopped before', async () => {
    const stack = await startPair()
    await writeUnseen(stack)
    await stack.instance('postgres-primary').stop()
    expect(await stack.database.failover()).toMatchObject({ lost: 'nothing', former: 'dead-before' })
    expect(await numbers(stack)).toEqual(afterAll100)
  })

  test('is lost with the disk, but only when that is accepted', async () => {
    const stack = await startPair({ restart: false })
    await writeUnseen(stack)
    await stack.instance('postgres-primary').kill()
    rmSync(join(stack.postgresFolder, 'postgres-primary/pg_wal'), { recursive: true })
    await expect(stack.database.failover()).rejects.toMatchObject({
      code: 'FAILOVER_FAILED',
      message: expect.stringMatching(
        /may lack changes .* --accept-loss\. postgres-primary is the primary still, and not running\.$/,
      ),
    })
    expect(await roles(stack)).toEqual([
      ['postgres-primary', 'primary', undefined],
      ['postgres-replica', 'replica', false],
    ])

    const report = await stack.database.failover({ acceptLoss: true })
    expect(report).toMatchObject({ lost: 'unknown', former: 'dead-before', warnings: [] })
    expect(await numbers(stack)).toEqual({ n: 50, sum: 1275 })
    expect(await roles(stack)).toEqual(changed)
  })
})

test('changes that replay holds back are in the new primary as well', async () => {
  const stack = await startPair()
  await asSuperuser(stack, 'postgres-replica', 'select pg_wal_replay_pause()')
  await onPrimary(stack, 'insert into numbers select generate_series(51, 100)')
  expect(await stack.database.failover()).toMatchObject({ lost: 'nothing', former: 'shut-down' })
  expect(await numbers(stack)).toEqual(afterAll100)
})

test.runIf(process.platform === 'linux')(
  'a primary frozen by others is continued, or killed with all its processes',
  async () => {
    const stack = await startPair()
    const { pid = 0 } = stack.instance('postgres-primary')
    const family = [pid, ...childrenOf(pid)]
    for (const each of family) process.kill(each, 'SIGSTOP')
    const report = await stack.database.failover()
    expect(report).toMatchObject({ to: 'postgres-replica', lost: 'nothing' })
    expect(family.filter(isRunning)).toEqual([])
    expect(await numbers(stack)).toEqual({ n: 50, sum: 1275 })
  },
  30_000,
)

test('there and back and there again: each former primary follows without being cloned', async () => {
  const stack = await startPair()
  const primaries: string[] = []
  for (let round = 0; round < 3; round += 1) primaries.push((await stack.database.failover()).to)
  expect(primaries).toEqual(['postgres-replica', 'postgres-primary', 'postgres-replica'])
  const cloned = stack.history().filter((event) => event.type === 'progress' && event.message.startsWith('Cloning'))
  expect(cloned).toEqual([])
  const status = await stack.database.status()
  expect(status.nodes.map(({ timeline }) => timeline)).toEqual([4, 4])
})

/** @returns the folder of the stack, and how many steps were told when it did not die */
const failOverAndDie = async (step: number): Promise<{ root: string; steps: string | undefined }> => {
  const fixture = join(import.meta.dirname, 'fixtures/failover.ts')
  const child = spawn(process.execPath, [fixture, String(step)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [printed] = await Promise.all([text(child.stdout), once(child, 'close')])
  const [root = '', steps] = printed.trim().split('\n')
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  return { root, steps }
}

/** Kills the replica right after a step, the first time that this is done. */
const killReplicaAfter = (stack: Stack, step: string): void => {
  let pid = stack.instance('postgres-replica').pid
  stack.events.on('event', (event) => {
    if (event.type !== 'progress' || !event.message.endsWith(step) || pid === undefined) return
    process.kill(pid, 'SIGKILL')
    pid = undefined
  })
}

describe('a crash of the replica that is to take over', () => {
  test('before the roles are written down: the former primary goes on', async () => {
    const stack = await startPair()
    killReplicaAfter(stack, 'postgres-primary has shut down.')
    await expect(stack.database.failover()).rejects.toMatchObject({
      code: 'FAILOVER_FAILED',
      message:
        'The failover was called off. postgres-replica does not answer any more. postgres-primary is the primary still.',
    })
    expect(await onPrimary(stack, 'insert into numbers values (51)')).toEqual([])
    await stack.instance('postgres-replica').waitFor('ready')
    await isReplicated(stack)
    expect(await stack.database.failover()).toMatchObject({ lost: 'nothing', warnings: [] })
  })

  test('after that: it takes over all the same', async () => {
    const stack = await startPair()
    killReplicaAfter(stack, 'postgres-replica is promoted.')
    expect(await stack.database.failover()).toMatchObject({ to: 'postgres-replica', lost: 'nothing', warnings: [] })
    expect(await roles(stack)).toEqual(changed)
    expect(await numbers(stack)).toEqual({ n: 50, sum: 1275 })
  })
})

describe('a crash of the launcher', () => {
  const allSteps = ['chosen', 'asked to stop', 'stopped', 'complete', 'recorded', 'takes writes', 'follows']

  test.each(allSteps.map((what, index) => [index + 1, what] as const))(
    'after step %i of a failover (%s): the next start has one primary, a replica, and every change',
    async (step) => {
      const { root, steps } = await failOverAndDie(step)
      expect(steps).toBeUndefined()
      const stack = await startForTest({ ...servers, root, durable: false, control: false })
      const recordedAt = allSteps.indexOf('recorded') + 1
      await isReplicated(stack)
      const { primary, nodes } = await stack.database.status()
      expect(primary).toBe(step < recordedAt ? 'postgres-primary' : 'postgres-replica')
      expect(new Set(nodes.map(({ timeline }) => timeline))).toEqual(new Set([step < recordedAt ? 1 : 2]))
      expect(await onPrimary(stack, 'select count(*)::int as n from acknowledged')).toEqual([{ n: 100 }])
      expect(await stack.database.failover()).toMatchObject({ lost: 'nothing', warnings: [] })
    },
  )

  test('has no other step', async () => {
    expect(await failOverAndDie(0)).toMatchObject({ steps: String(allSteps.length) })
  })
})

test('a stop waits for the failover, and leaves nothing behind', async () => {
  const root = temporaryFolder()
  const stack = await startStack({ ...servers, root, durable: false, control: false })
  const failover = stack.database.failover()
  await stack.stop()
  expect((await failover).to).toBe('postgres-replica')
  expect(stack.instances().map(({ state, pid }) => [state, pid])).toEqual(
    stack.instances().map(() => ['stopped', undefined]),
  )
  await expect(stack.database.failover()).rejects.toMatchObject({ code: 'FAILOVER_REFUSED' })
})

test('another process can ask for it', async () => {
  const root = temporaryFolder()
  await startForTest({ ...servers, root, durable: false })
  const client = connectToStack(root)
  const { database } = client
  expect(await database.status()).toMatchObject({ primary: 'postgres-primary' })
  await expect(database.failover({ to: 'postgres-primary' })).rejects.toMatchObject({ code: 'FAILOVER_REFUSED' })
  expect(await database.failover({ to: 'postgres-replica' })).toMatchObject({ to: 'postgres-replica', lost: 'nothing' })
  const rows = await client.status()
  expect(rows.map(({ name, role }) => [name, role])).toEqual([
    ['postgres-primary', 'replica'],
    ['postgres-replica', 'primary'],
    ['launcher', undefined],
  ])
})

test('the only data there is, is not replaced by a new cluster', async () => {
  const root = temporaryFolder()
  const stack = await startStack({ ...servers, root, durable: false, control: false })
  const { postgresFolder } = stack
  await onPrimary(stack, 'create table numbers as select generate_series(1, 100) as n')
  await isReplicated(stack)
  await stack.stop()
  rmSync(join(postgresFolder, 'postgres-primary'), { recursive: true })
  await expect(startStack({ ...servers, root, durable: false })).rejects.toMatchObject({
    code: 'STACK_START_FAILED',
    message: expect.stringContaining(`write postgres-replica into ${join(postgresFolder, 'primary')}`),
  })
  writeFileSync(join(postgresFolder, 'primary'), 'postgres-replica\n')
  const again = await startStack({ ...servers, root, durable: false, control: false })
  onTestFinished(() => again.stop())
  expect(await numbers(again)).toEqual(afterAll100)
  await isReplicated(again)
  expect(await roles(again)).toEqual(changed)
})

test('what was written to a replica that was promoted by other means is not thrown away', async () => {
  const root = temporaryFolder()
  const stack = await startPair({ root, durable: false })
  await asSuperuser(stack, 'postgres-replica', 'select pg_promote()')
  await asSuperuser(stack, 'postgres-replica', 'insert into numbers select generate_series(51, 100)')
  await stack.stop()
  const record = join(stack.postgresFolder, 'primary')
  await expect(startStack({ ...servers, root, durable: false })).rejects.toMatchObject({
    code: 'STACK_START_FAILED',
    message: expect.stringContaining(`To go on with them write postgres-replica into ${record}`),
  })
  writeFileSync(record, 'postgres-replica\n')
  const again = await startForTest({ ...servers, root, durable: false, control: false })
  await isReplicated(again)
  expect(await numbers(again)).toEqual(afterAll100)
  expect(await roles(again)).toEqual(changed)
})
