/** Failovers of the data tier alone: what can go wrong in the middle, and what is refused before anything changes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connectToStack, startStack, type Stack, type StackOptions } from '@roundtrip/stack'
import { Client } from 'pg'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { startForTest, temporaryFolder } from '../helpers/cleanups.ts'
import { childrenOf, isRunning } from '../helpers/processes.ts'
import { query } from '../helpers/sql.ts'

const servers = { include: ['postgres-primary', 'postgres-replica'] }

const onPrimary = (stack: Stack, statement: string) =>
  query(stack.data.primaryUrl, stack.data.databasePassword, statement)

const numbers = async (stack: Stack): Promise<unknown> =>
  (await onPrimary(stack, 'select count(*)::int as n, sum(n)::int as sum from numbers'))[0]

/** A pair with a table of the numbers up to 100, of which the replica has what it has. */
const startPair = async (options: StackOptions = {}): Promise<Stack> => {
  const stack = await startForTest({ ...servers, control: false, ...options })
  await onPrimary(stack, 'create table numbers as select generate_series(1, 50) as n')
  await isReplicated(stack)
  return stack
}

/** Resolves once whoever is the replica follows, and has all there is. */
const isReplicated = (stack: Stack): Promise<void> =>
  vi.waitFor(async () => {
    const { nodes } = await stack.database.status()
    expect(nodes.find(({ role }) => role === 'replica')).toMatchObject({ isStreaming: true, lagBytes: 0 })
  })

const asSuperuser = async (stack: Stack, name: string, statement: string): Promise<void> => {
  const { host, ports } = stack.address(name)
  const password = await readFile(join(stack.root, 'secrets/database-superuser-password'), 'utf8')
  const client = new Client({ host, port: ports['postgres'] ?? 0, user: 'postgres', password, database: 'roundtrip' })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** From now on the replica gets nothing more, however long the primary lives. */
const cutOff = async (stack: Stack): Promise<void> => {
  await asSuperuser(stack, 'postgres-replica', "alter system set primary_conninfo = ''")
  await asSuperuser(stack, 'postgres-replica', 'select pg_reload_conf()')
  await vi.waitFor(async () => {
    const { nodes } = await stack.database.status()
    expect(nodes[1]).toMatchObject({ name: 'postgres-replica', isStreaming: false })
  })
}

const writeUnseen = async (stack: Stack): Promise<void> => {
  await cutOff(stack)
  await onPrimary(stack, 'insert into numbers select generate_series(51, 100)')
}

const afterAll100 = { n: 100, sum: 5050 }

const roles = async (stack: Stack) => {
  const { nodes } = await stack.database.status()
  return nodes.map(({ name, role, isStreaming }) => [name, role, isStreaming])
}

const changed = [
  ['postgres-primary', 'replica', true],
  ['postgres-replica', 'primary', undefined],
]

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
      message: expect.stringMatching(/may lack changes .* --accept-loss\. postgres-primary is the primary still/),
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
