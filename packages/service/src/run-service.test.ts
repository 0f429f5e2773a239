import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'

const fixture = fileURLToPath(new URL('testing/fixture-service.main.ts', import.meta.url))

interface LogLine {
  readonly level: string
  readonly message: string
  readonly [key: string]: unknown
}
interface Ready {
  readonly type: 'ready'
  readonly listeners: Record<string, string>
  readonly health?: string
}
interface Run {
  readonly child: ChildProcess
  /** Lines so far; all of them once `exit` has resolved. */
  readonly lines: LogLine[]
  readonly stderr: Promise<string>
  readonly exit: Promise<{ status: number | null; signal: string | null }>
}

/** Starts the fixture as a real process, with a channel as the supervisor of the stack has one. */
const run = (environment: Record<string, string> = {}, commandLine: readonly string[] = []): Run => {
  const child = fork(fixture, commandLine, { env: { PATH: process.env['PATH'], ...environment }, silent: true })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: LogLine[] = []
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('the fixture has no output')
  const output = createInterface(stdout).on('line', (line) => lines.push(JSON.parse(line) as LogLine))
  // Not `close`, which node does not emit after a disconnect.
  const exit = Promise.all([once(child, 'exit'), once(output, 'close')]).then(([[status, signal]]) => ({
    status: status as number | null,
    signal: signal as string | null,
  }))
  return { child, lines, stderr: text(stderr), exit }
}

const ready = async ({ child }: Run): Promise<Ready> => {
  const [message] = (await once(child, 'message')) as [Ready]
  return message
}
const messages = ({ lines }: Run): string[] => lines.map(({ message }) => message)

const occupyPort = async (): Promise<number> => {
  const server: Server = createServer()
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** That nobody has at the moment. */
const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('a service that runs', () => {
  it('says that it is ready, on the channel and in the log, and under which name', async () => {
    const service = run({ SERVICE_INSTANCE: 'fixture-7' })
    const { listeners, health } = await ready(service)
    expect(health).toBeUndefined()
    expect(await (await fetch(listeners['http'] ?? '')).text()).toBe('fixture-7')
    service.child.kill('SIGTERM')
    await service.exit
    expect(service.lines[0]).toMatchObject({
      level: 'info',
      service: 'fixture',
      instance: 'fixture-7',
      message: 'fixture-7 is ready',
      listeners,
      pid: service.child.pid,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    })
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('drains, closes and exits 0 on %s', async (signal) => {
    const service = run()
    await ready(service)
    service.child.kill(signal)
    expect(await service.exit).toEqual({ status: 0, signal: null })
    expect(messages(service)).toEqual(['fixture is ready', 'draining', 'retiring', 'closing', 'stopped'])
    expect(service.lines[1]).toMatchObject({ reason: signal })
  })

  it('stops when its parent goes away', async () => {
    const service = run()
    await ready(service)
    service.child.disconnect()
    expect(await service.exit).toEqual({ status: 0, signal: null })
    expect(service.lines[1]).toMatchObject({ message: 'draining', reason: 'the parent process went away' })
  })

  it('stops at once when it is told to during its start', async () => {
    const service = run({ FIXTURE_FAILS: 'start-never-ends' })
    await once(service.child.stdout ?? process.stdout, 'data')
    service.child.kill('SIGTERM')
    expect(await service.exit).toEqual({ status: 0, signal: null })
  })

  it.each([
    ['drain-never-ends', 'drain ran out of time'],
    ['drain', 'drain failed'],
    ['close', 'close failed'],
  ])('exits 1 when %s, having closed all the same', async (fails, message) => {
    const service = run({ FIXTURE_FAILS: fails, SERVICE_DRAIN_TIMEOUT_MS: '20' })
    await ready(service)
    service.child.kill('SIGTERM')
    expect(await service.exit).toEqual({ status: 1, signal: null })
    expect(messages(service)).toContain('closing')
    expect(messages(service)).toContain(message)
  })

  it('logs what nobody caught, with its cause, and exits 1', async () => {
    const service = run({ FIXTURE_FAILS: 'crash' })
    await ready(service)
    service.child.kill('SIGUSR2')
    expect(await service.exit).toEqual({ status: 1, signal: null })
    expect(service.lines.at(-1)).toMatchObject({
      level: 'error',
      error: { stack: expect.stringContaining('caused by: Error: the root of it') },
    })
  })

  it('answers health checks where it is told to', async () => {
    const service = run({ SERVICE_HEALTH_PORT: '0' })
    const { health = '' } = await ready(service)
    expect(await (await fetch(`${health}/health/live`)).json()).toEqual({ live: true })
    const response = await fetch(`${health}/health/ready`)
    expect([response.status, await response.json()]).toEqual([200, { ready: true, checks: { moon: 'new' } }])
    expect((await fetch(`${health}/health/startup`)).status).toBe(200)
    for (const path of ['/', '/constructor']) expect((await fetch(`${health}${path}`)).status).toBe(404)
  })

  it('tells its figures there', async () => {
    const { health = '' } = await ready(run({ SERVICE_HEALTH_PORT: '0' }))
    const response = await fetch(`${health}/metrics`)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toBe('# HELP fixture_moons Moons.\n# TYPE fixture_moons gauge\nfixture_moons 1\n')
    const { health: without = '' } = await ready(run({ SERVICE_HEALTH_PORT: '0', FIXTURE_FAILS: 'metrics' }))
    expect((await fetch(`${without}/metrics`)).status).toBe(404)
  })

  it('is alive but neither started nor ready while it starts', async () => {
    const port = await freePort()
    const service = run({ SERVICE_HEALTH_PORT: String(port), FIXTURE_FAILS: 'start-never-ends' })
    await once(service.child.stdout ?? process.stdout, 'data')
    const ask = async (probe: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}/health/${probe}`)).status
    expect([await ask('live'), await ask('startup'), await ask('ready')]).toEqual([200, 503, 503])
  })

  it('is not ready, and goes on accepting, as long as balancers are given to notice', async () => {
    const service = run({ SERVICE_HEALTH_PORT: '0', SERVICE_LAME_DUCK_MS: '2147483647' })
    const { health = '', listeners } = await ready(service)
    service.child.kill('SIGTERM')
    await expect.poll(() => messages(service)).toContain('retiring')
    const response = await fetch(`${health}/health/ready`)
    expect([response.status, await response.json()]).toEqual([503, { ready: false, checks: { draining: 'yes' } }])
    expect((await fetch(`${health}/health/live`)).status).toBe(200)
    expect(await (await fetch(listeners['http'] ?? '')).text()).toBe('fixture')
    expect(messages(service)).not.toContain('closing')
  })

  it('drains when that time is over', async () => {
    const service = run({ SERVICE_LAME_DUCK_MS: '1' })
    await ready(service)
    service.child.kill('SIGTERM')
    expect(await service.exit).toEqual({ status: 0, signal: null })
    expect(messages(service)).toEqual(['fixture is ready', 'draining', 'retiring', 'closing', 'stopped'])
  })
})

describe('a service that cannot start', () => {
  it('exits 78 and names every wrong setting, its own and the common ones, hiding secrets', async () => {
    const service = run({
      FIXTURE_PORT: 'eighty',
      FIXTURE_PROT: '80',
      FIXTURE_PASSWORD: 'hush',
      FIXTURE_PASSWORD_FILE: '/nowhere',
      SERVICE_LOG_LEVEL: 'loud',
    })
    expect(await service.exit).toEqual({ status: 78, signal: null })
    const stderr = await service.stderr
    expect(stderr.trimEnd().split('\n')).toEqual([
      'fixture: the settings are not valid.',
      'SERVICE_LOG_LEVEL="loud" is not valid: expected one of debug, info, warn, error (least severe level that is logged).',
      'FIXTURE_PORT="eighty" is not valid: expected a port number from 0 to 65535 (0: any free one) (port to listen on).',
      'FIXTURE_PASSWORD_FILE and FIXTURE_PASSWORD are both set: expected only one of them.',
      'FIXTURE_PROT is not a setting of fixture: did you mean FIXTURE_PORT?',
    ])
    expect(stderr).not.toContain('hush')
    expect(service.lines).toEqual([])
  })

  it('exits 78 too when only the start can tell that a setting is wrong', async () => {
    const service = run({ FIXTURE_FAILS: 'settings' })
    expect(await service.exit).toEqual({ status: 78, signal: null })
    expect(await service.stderr).toBe('fixture: cannot start: FIXTURE_PORT leads nowhere.\n')
  })

  it('exits 1 and says why, in the log too', async () => {
    const service = run({ FIXTURE_FAILS: 'start' })
    expect(await service.exit).toEqual({ status: 1, signal: null })
    expect(await service.stderr).toBe('fixture: cannot start: the moon is full\n')
    expect(service.lines).toMatchObject([{ level: 'error', message: 'cannot start: the moon is full' }])
  })

  it.each([
    ['FIXTURE_PORT', 'FIXTURE_HOST and FIXTURE_…PORT'],
    ['SERVICE_HEALTH_PORT', 'SERVICE_HEALTH_HOST and SERVICE_HEALTH_…PORT'],
  ])('says that the port of %s is taken, and which settings change it', async (variable, settings) => {
    const port = await occupyPort()
    const service = run({ [variable]: String(port) })
    expect(await service.exit).toEqual({ status: 1, signal: null })
    expect(await service.stderr).toBe(
      `fixture: cannot start: 127.0.0.1:${port} is already in use; stop what listens there or choose another port (settings ${settings}).\n`,
    )
  })
})

const settingsFile = async (content: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'roundtrip-settings-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'fixture.env'), content)
  return join(folder, 'fixture.env')
}

describe('--settings', () => {
  it('reads a file, over which the environment stands', async () => {
    const file = await settingsFile('SERVICE_INSTANCE=from-file\nSERVICE_LOG_LEVEL=error\n# a comment\n')
    const service = run({ SERVICE_LOG_LEVEL: 'info' }, ['--settings', file])
    const { listeners } = await ready(service)
    expect(await (await fetch(listeners['http'] ?? '')).text()).toBe('from-file')
  })

  it.each([
    [['--settings', '/nowhere/fixture.env'], '--settings /nowhere/fixture.env cannot be read (ENOENT'],
    [['--setings', 'x'], 'expected nothing, or --settings FILE.'],
  ])('%j: exits 78 and says what was expected', async (commandLine, sentence) => {
    const service = run({}, commandLine)
    expect(await service.exit).toEqual({ status: 78, signal: null })
    expect(await service.stderr).toContain(sentence)
  })
})
