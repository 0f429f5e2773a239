/** The life of a stack: how it starts, survives, and leaves nothing behind. */
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connectToStack, startStack, type Stack, type StackEvent } from '@roundtrip/stack'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startForTest, temporaryFolder } from '../helpers/cleanups.ts'
import { childrenOf, isRunning, processState } from '../helpers/processes.ts'
import { query } from '../helpers/sql.ts'

const standIn = join(import.meta.dirname, 'fixtures/stand-in.ts')

const oneService = { include: ['web-1'], entryPoints: { 'web-1': standIn } }

const event = (stack: Stack, matches: (event: StackEvent) => boolean): Promise<StackEvent> =>
  new Promise((resolve) => {
    stack.events.on('event', (candidate) => {
      if (matches(candidate)) resolve(candidate)
    })
  })

test('the data tier starts, replicates, and leaves neither process nor folder', async () => {
  const stack = await startForTest({ include: ['data'] })
  expect(stack.instances().map(({ state }) => state)).toEqual(Array(5).fill('ready'))
  const { primaryUrl, replicaUrl, databasePassword } = stack.data
  await query(primaryUrl, databasePassword, 'create table greeting as select 1 as number')
  await vi.waitFor(() => query(replicaUrl, databasePassword, 'select number from greeting'))
  await expect(query(replicaUrl, databasePassword, 'insert into greeting values (2)')).rejects.toThrow('read-only')

  const rows = await stack.status()
  expect(rows.every(({ memoryBytes }) => (memoryBytes ?? 0) > 1_000_000)).toBe(true)
  expect(rows.find(({ name }) => name === 'redis-cache')?.addresses).toEqual({
    redis: stack.data.cacheUrl.replace('redis://', ''),
  })
  await stack.stop()
  expect(rows.filter(({ tier }) => tier !== 'launcher').filter(({ pid }) => isRunning(pid))).toEqual([])
  expect(existsSync(stack.root)).toBe(false)
})

test('the whole stack starts and idles within its memory budget', async () => {
  const stack = await startForTest({})
  const states = stack.instances().map(({ name, state }) => [name, state])
  expect(states.filter(([, state]) => state !== 'ready')).toEqual([['migrate', 'finished']])
  // The launcher is this test here, and 45 MB as a command.
  const rows = (await stack.status()).filter(({ tier }) => tier !== 'launcher')
  const bytes = rows.reduce((sum, { memoryBytes = 0 }) => sum + memoryBytes, 0)
  expect(bytes).toBeLessThan(650_000_000)
})

test('secrets are readable by their owner only', async () => {
  const { root } = await startForTest(oneService)
  const files = [
    ...readdirSync(join(root, 'secrets')).map((name) => join(root, 'secrets', name)),
    join(root, 'control.json'),
  ]
  expect(files.map((file) => statSync(file).mode & 0o777)).toEqual(files.map(() => 0o600))
})

test('a service gets its settings and little else', async () => {
  const lines: string[] = []
  const stack = await startForTest({
    ...oneService,
    onEvent: (seen) => void (seen.type === 'log' && lines.push(seen.line)),
  })
  await vi.waitFor(() => expect(lines).toHaveLength(1))
  const { environment } = JSON.parse(lines[0] ?? '') as { environment: string[] }
  const allowed = /^(PATH|HOME|TZ|LANG|NODE_COMPILE_CACHE|MALLOC_ARENA_MAX|NODE_CHANNEL_.*|SERVICE_INSTANCE|WEB_.*)$/
  expect(environment.filter((name) => !allowed.test(name))).toEqual([])
  expect(readFileSync(stack.logFile('web-1'), 'utf8')).toContain('"environment"')
})

test('what crashes is started again with a backoff, visibly', async () => {
  const stack = await startForTest(oneService)
  const instance = stack.instance('web-1')
  const [pid, backoff] = [instance.pid, event(stack, ({ type }) => type === 'backoff')]
  await instance.kill()
  expect(await backoff).toMatchObject({ instance: 'web-1', attempt: 1, delayMs: expect.any(Number) })
  await instance.waitFor('ready')
  expect(instance.pid).not.toBe(pid)
  expect(instance).toMatchObject({ restarts: 1, lastExit: { signal: 'SIGKILL' } })
  expect(stack.history()).toContainEqual(expect.objectContaining({ type: 'exit', instance: 'web-1', expected: false }))
})

test('the primary comes back from a crash with what was committed', async () => {
  const stack = await startForTest({ include: ['data'] })
  const { primaryUrl, databasePassword } = stack.data
  await query(primaryUrl, databasePassword, 'create table kept as select 1 as number')
  await stack.instance('postgres-primary').kill()
  await stack.instance('postgres-primary').waitFor('ready')
  expect(await query(primaryUrl, databasePassword, 'select number from kept')).toEqual([{ number: 1 }])
})

test('with restart: false it stays down until it is started', async () => {
  const stack = await startForTest({ ...oneService, restart: false })
  const instance = stack.instance('web-1')
  await instance.kill()
  expect(instance.state).toBe('failed')
  await instance.start()
  expect(instance.state).toBe('ready')
})

test('stop, start and restart do what they say', async () => {
  const stack = await startForTest(oneService)
  const instance = stack.instance('web-1')
  const first = instance.pid
  await instance.stop()
  expect(instance).toMatchObject({ state: 'stopped', pid: undefined, lastExit: { code: 0 }, restarts: 0 })
  expect(isRunning(first)).toBe(false)
  await Promise.all([instance.start(), instance.start()])
  await instance.restart()
  expect(instance).toMatchObject({ state: 'ready', restarts: 0 })
})

test.runIf(process.platform === 'linux')('pause stops every process of an instance, resume continues it', async () => {
  const stack = await startForTest({ include: ['postgres-primary'] })
  const instance = stack.instance('postgres-primary')
  const pid = instance.pid ?? 0
  await instance.pause()
  // A connection that ends just then stays as a zombie until its parent goes on.
  const states = (): Set<string | undefined> =>
    new Set([pid, ...childrenOf(pid)].map(processState)).difference(new Set(['Z']))
  await vi.waitFor(() => expect(states()).toEqual(new Set(['T'])))
  await instance.resume()
  expect(await query(stack.data.primaryUrl, stack.data.databasePassword, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a paused instance can be stopped', async () => {
  const stack = await startForTest({ include: ['postgres-primary', 'web-1'], entryPoints: { 'web-1': standIn } })
  for (const instance of stack.instances()) await instance.pause()
  await stack.stop()
  expect(stack.instances().map(({ lastExit }) => lastExit?.code)).toEqual([0, 0])
})

const takenLine = (port: number, who: string, setting: string): RegExp => {
  const owner = `in use by .+ \\(pid ${process.pid}\\)`
  return new RegExp(`^127.0.0.1:${port}, which ${who} needs, is already ${owner}; stop that or set ${setting}.$`, 'm')
}

test('taken ports are all reported with their owner and setting', async () => {
  const [first, second] = [createServer(), createServer()]
  const listening = [first, second].map(async (server) => {
    onTestFinished(() => void server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return (server.address() as AddressInfo).port
  })
  const [web = 0, redis = 0] = await Promise.all(listening)
  const failure = startStack({
    include: ['web-1', 'redis-cache'],
    ports: { ROUNDTRIP_PORT_WEB_1: web, ROUNDTRIP_PORT_REDIS_CACHE: redis },
  })
  await expect(failure).rejects.toMatchObject({ code: 'PORT_IN_USE' })
  await expect(failure).rejects.toThrow(takenLine(web, 'web-1', 'ROUNDTRIP_PORT_WEB_1'))
  await expect(failure).rejects.toThrow(takenLine(redis, 'redis-cache', 'ROUNDTRIP_PORT_REDIS_CACHE'))
})

test('two stacks run side by side', async () => {
  const [one, other] = await Promise.all([
    startForTest({ include: ['redis-cache'] }),
    startForTest({ include: ['redis-cache'] }),
  ])
  expect(one.data.cacheUrl).not.toBe(other.data.cacheUrl)
  expect(one.root).not.toBe(other.root)
})

test('a second start on the same folder is refused', async () => {
  const root = temporaryFolder()
  await startForTest({ ...oneService, root })
  const refusal = { code: 'STACK_ALREADY_RUNNING', details: { pid: process.pid } }
  await expect(startStack({ ...oneService, root })).rejects.toMatchObject(refusal)
})

test('a service that does not start fails the stack with its last words, and nothing is left', async () => {
  const pids: (number | undefined)[] = []
  const failure = startStack({
    include: ['redis-cache', 'web-1'],
    entryPoints: { 'web-1': standIn },
    settings: { web: { STAND_IN_FAILS: 'no such upstream' } },
    onEvent: (seen) => void (seen.type === 'state' && pids.push(seen.pid)),
  })
  await expect(failure).rejects.toMatchObject({
    code: 'STACK_START_FAILED',
    message: expect.stringMatching(/^web-1 ended with status 1 before it was ready[^]+no such upstream/),
  })
  expect(pids.filter(isRunning)).toEqual([])
})

test('a port lost between choice and use is chosen anew', async () => {
  const file = join(temporaryFolder(), 'failed')
  const settings = { web: { STAND_IN_FAILS: 'listen EADDRINUSE: address already in use', STAND_IN_FAILED_FILE: file } }
  const stack = await startForTest({ ...oneService, settings })
  expect(stack.instance('web-1').state).toBe('ready')
  expect(existsSync(file)).toBe(true)
})

test('a start can be called off', async () => {
  const abort = new AbortController()
  const pids: (number | undefined)[] = []
  const failure = startStack({
    include: ['data'],
    signal: abort.signal,
    onEvent: (seen) => {
      if (seen.type !== 'state') return
      pids.push(seen.pid)
      if (seen.instance === 'redis-queue' && seen.state === 'ready') abort.abort()
    },
  })
  await expect(failure).rejects.toThrow('called off')
  expect(pids.filter(isRunning)).toEqual([])
})

test('unknown names are refused', async () => {
  await expect(startStack({ include: ['wbe-1'] })).rejects.toMatchObject({ code: 'USAGE' })
  const stack = await startForTest(oneService)
  expect(() => stack.instance('app-1')).toThrow('This stack runs no app-1')
})

test('another process can ask and steer it', async () => {
  const root = temporaryFolder()
  expect(() => connectToStack(root)).toThrow('No stack is running here')
  const stack = await startForTest({ ...oneService, root })
  const client = connectToStack(root)
  expect((await client.status()).map(({ name, state }) => [name, state])).toEqual([
    ['web-1', 'ready'],
    ['launcher', 'ready'],
  ])
  expect(await client.topology()).toMatchObject({ root: stack.root, dns: stack.dns, edges: stack.edges })
  expect(await client.act('web-1', 'stop')).toBe('stopped')
  expect(await client.act('web-1', 'start')).toBe('ready')
  await expect(client.act('web-9', 'stop')).rejects.toMatchObject({ code: 'USAGE' })

  const { url } = JSON.parse(readFileSync(join(root, 'control.json'), 'utf8')) as { url: string }
  expect((await fetch(`${url}/stop`, { method: 'POST', headers: { authorization: 'Bearer guess' } })).status).toBe(401)
  await client.stop()
  await stack.stopped
  expect(() => connectToStack(root)).toThrow('No stack is running here')
})

test('a replica without its data is cloned from the running primary', async () => {
  const stack = await startForTest({ include: ['postgres-primary', 'postgres-replica'] })
  const { primaryUrl, replicaUrl, databasePassword } = stack.data
  await query(primaryUrl, databasePassword, 'create table kept as select 1 as number')
  const replica = stack.instance('postgres-replica')
  await replica.stop()
  rmSync(join(stack.root, 'postgres/postgres-replica'), { recursive: true })
  await query(primaryUrl, databasePassword, 'insert into kept values (2)')
  await replica.start()
  await query(primaryUrl, databasePassword, 'insert into kept values (3)')
  await vi.waitFor(async () => {
    expect(await query(replicaUrl, databasePassword, 'select count(*)::int as rows from kept')).toEqual([{ rows: 3 }])
  })
  const progress = () => stack.history().filter(({ type }) => type === 'progress')
  const cloned = { type: 'progress', message: 'Cloning the replica from the primary: it has no data.' }
  expect(progress()).toEqual([cloned])
  await replica.restart()
  expect(progress()).toEqual([cloned])
})
