/** The `roundtrip` command against real stacks: what a user types, sees, and is left with. */
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { instances, type StackAddresses, type StatusRow } from '@roundtrip/stack'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeStateFolder } from '../helpers/cleanups.ts'
import { run, watch, type Ended, type Running } from '../helpers/command.ts'
import { isRunning } from '../helpers/processes.ts'

interface Status {
  readonly running: boolean
  readonly pid: number
  readonly memoryBytes: number
  readonly ready: number
  readonly total: number
  readonly instances: readonly StatusRow[]
}

interface UpReport {
  readonly pid: number
  readonly stack: StackAddresses
  readonly instances: readonly StatusRow[]
}

const untilTestEnds = (command: Running): Running => {
  onTestFinished(() => void command.child.kill('SIGKILL'))
  return command
}

const commandsIn = (root: string) => {
  const env = { ROUNDTRIP_ROOT: root, ROUNDTRIP_PORTS: 'free' }
  return {
    roundtrip: (...words: string[]): Promise<Ended> => run(words, { env }),
    watched: (...words: string[]) => untilTestEnds(watch(words, { env })),
    npmStart: (...words: string[]) => untilTestEnds(watch(words, { env, program: ['npm', 'start', '--'] })),
    status: async (): Promise<Status> => JSON.parse((await run(['status', '--json'], { env })).stdout) as Status,
  }
}

const pidsOf = ({ instances: rows }: Pick<Status, 'instances'>): number[] =>
  rows.flatMap(({ pid }) => (pid === undefined ? [] : [pid]))

/** A session of its own: no terminal's Ctrl-C or end reaches it. Linux only, see proc(5). */
const sessionOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[3])

const bodyOf = async (path: string, { publicName, caFile, edges }: StackAddresses): Promise<string> => {
  const [edge] = edges
  const asked = request({
    host: edge?.host,
    port: edge?.httpsPort,
    path,
    servername: publicName,
    headers: { host: publicName },
    ca: readFileSync(caFile),
  }).end()
  const [response] = (await once(asked, 'response')) as [Parameters<typeof text>[0]]
  return text(response)
}

describe('a detached stack', () => {
  const root = makeStateFolder()
  const { roundtrip, watched, status } = commandsIn(root)
  const rowOf = async (name: string) => (await status()).instances.find((row) => row.name === name)
  let up: Ended
  let report: UpReport
  beforeAll(async () => {
    up = await roundtrip('up', '--detach', '--json')
    report = JSON.parse(up.stdout) as UpReport
  })
  afterAll(async () => {
    await roundtrip('down')
    rmSync(root, { recursive: true, force: true })
  })

  it('is announced as JSON on standard output, with its progress on standard error', async () => {
    expect(up.status).toBe(0)
    expect(up.stderr).toMatch(/✓ edge-1 +ready/)
    expect(await bodyOf('/api/users', report.stack)).toContain('Alice')
  })

  it.runIf(process.platform === 'linux')('runs in a session of its own', () => {
    expect(sessionOf(report.pid)).toBe(report.pid)
  })

  it('is told, not started, a second time', async () => {
    const told = expect.stringMatching(new RegExp(`already running.*pid ${report.pid}`))
    expect(await roundtrip('up')).toEqual({ status: 0, stdout: told, stderr: '' })
    expect(await roundtrip('up', '-d')).toEqual({ status: 0, stdout: told, stderr: '' })
    const again = JSON.parse((await roundtrip('up', '-d', '--json')).stdout) as { alreadyRunning: boolean; pid: number }
    expect(again).toMatchObject({ alreadyRunning: true, pid: report.pid })
  })

  it('shows every instance, and stays within the memory budget', async () => {
    const now = await status()
    expect(now).toMatchObject({ running: true, pid: report.pid, ready: now.total })
    const names = now.instances.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(instances.map(({ name }) => name)))
    expect(now.memoryBytes).toBeLessThan(700_000_000)
    const table = (await roundtrip('status')).stdout
    for (const { name } of instances) expect(table).toMatch(new RegExp(`^${name} +(ready|finished) `, 'm'))
    expect(table).toMatch(/^13 of 13 ready, up for .+, \d+ MiB in all$/m)
  })

  it('shows its logs by instance or tier, for people and for machines', async () => {
    const lines = (await roundtrip('logs', 'edge', '-n', '500')).stdout.trimEnd().split('\n')
    expect(new Set(lines.map((line) => line.split(/ +/)[1]))).toEqual(new Set(['edge-1', 'edge-2']))
    const raw = (await roundtrip('logs', 'postgres-primary', '--json', '-n', 'all')).stdout.trimEnd().split('\n')
    const messages = raw.map((line) => (JSON.parse(line) as { message: string }).message)
    expect(messages).toContain('database system is ready to accept connections')
  })

  it('starts an instance again that was killed, visibly', async () => {
    const log = watched('logs', 'stack', '--follow', '--lines', '0')
    const before = await rowOf('web-1')
    expect(await roundtrip('kill', 'web-1')).toMatchObject({ status: 0, stdout: expect.stringContaining('killed') })
    expect(await log.printed(/web-1 ready/)).toMatch(/web-1 ended by SIGKILL[^]*web-1 starts again in .* \(attempt 1\)/)
    log.child.kill('SIGINT')
    expect(await log.ended).toBe(0)
    const after = await rowOf('web-1')
    expect(after).toMatchObject({ state: 'ready', restarts: 1 })
    expect(after?.pid).not.toBe(before?.pid)
  })

  it('changes the primary, tells what happened when, and shows the roles', async () => {
    expect((await roundtrip('db', 'status')).stdout).toMatch(/^postgres-primary +primary +ready +1 /m)
    const done = await roundtrip('db', 'failover', '--to', 'postgres-replica')
    expect(done).toMatchObject({ status: 0, stderr: '' })
    expect(done.stdout).toMatch(
      /^postgres-replica is the primary now, on timeline 2 from [^]+ms {2}app-1 takes writes$/m,
    )
    expect(done.stdout).toContain('No acknowledged change is lost.')
    expect((await roundtrip('status')).stdout).toMatch(/^postgres-replica .* primary$/m)
    const again = await roundtrip('db', 'failover', '--to', 'postgres-replica')
    expect(again).toEqual({ status: 1, stdout: '', stderr: 'roundtrip: postgres-replica is the primary already.\n' })
  })

  it('prints a token for the shop, whoever the primary is by now', async () => {
    const token = await roundtrip('token', '--hours', '0.1')
    expect(token).toEqual({ status: 0, stdout: expect.stringMatching(/^rtp_[0-9a-z]{59}\n$/), stderr: '' })
    const refused = await roundtrip('token', '--role', 'boss')
    expect([refused.status, refused.stdout]).toEqual([2, ''])
  })

  it('stops, starts, freezes and thaws single instances', async () => {
    await roundtrip('stop', 'worker-1')
    expect(await rowOf('worker-1')).toMatchObject({ state: 'stopped' })
    await roundtrip('start', 'worker-1')
    await roundtrip('pause', 'worker-1')
    expect(await rowOf('worker-1')).toMatchObject({ state: 'paused' })
    await roundtrip('resume', 'worker-1')
    expect(await rowOf('worker-1')).toMatchObject({ state: 'ready' })
  })

  it('says how a browser gets in', async () => {
    const { status: exit, stdout, stderr } = await roundtrip('open', '--print')
    // Without an installed browser it names the address that any browser can open.
    const port = report.stack.edges[0]?.httpsPort
    expect([0, 1]).toContain(exit)
    expect(stdout + stderr).toContain(
      exit === 0 ? `MAP www.roundtrip.test:443 127.0.0.1:${port}` : `https://www.roundtrip.localhost:${port}/`,
    )
  })

  it('is stopped by another command, down to the last process', async () => {
    const pids = pidsOf(await status())
    expect(pids.filter(isRunning)).toEqual(pids)
    const down = await roundtrip('down')
    expect(down).toMatchObject({ status: 0, stdout: expect.stringMatching(/✓ edge-1 +stopped[^]*Stopped in/) })
    await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]))
    expect(await roundtrip('status', '--json')).toMatchObject({ status: 3, stdout: '{"running":false}\n' })
    expect(await roundtrip('down')).toMatchObject({ status: 0, stdout: expect.stringContaining('nothing to stop') })
  })
})

describe('a stack in the foreground', () => {
  const roots: string[] = []
  afterEach(() => {
    for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true })
  })
  const inNewFolder = () => {
    const root = makeStateFolder()
    roots.push(root)
    return { root, ...commandsIn(root) }
  }

  it('shows how it starts and how to try it; a signal drains and stops it', async () => {
    const { watched, status } = inNewFolder()
    const up = watched('up')
    const shown = await up.printed(/Ctrl-C/)
    expect(shown).toMatch(
      /● edge-1 +starting[^]*✓ edge-1 +ready +\d[^]*Roundtrip is up: 13 instances in .* \(first start\)/,
    )
    expect(shown).toMatch(/^edge +edge-2 +127\.0\.0\.2:\d+ https, :\d+ http, :\d+ admin +ready$/m)
    expect(shown).not.toContain('\u{1b}')
    const pids = pidsOf(await status())
    up.child.kill('SIGTERM')
    expect(await up.ended).toBe(0)
    expect(await up.printed(/Stopped\./).catch((error: Error) => error.message)).toMatch(/✓ redis-queue +stopped/)
    expect(pids.filter(isRunning)).toEqual([])
  })

  it.each(['watched', 'npmStart'] as const)(
    'leaves nothing behind when what was started is killed (%s)',
    async (how) => {
      const { [how]: start, status } = inNewFolder()
      const up = start(...(how === 'watched' ? ['up'] : []), 'data', 'dns')
      await up.printed(/Ctrl-C/)
      const pids = pidsOf(await status())
      expect(pids.length).toBeGreaterThan(4)
      up.child.kill('SIGKILL')
      await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), { timeout: 15_000 })
    },
  )

  it('does not wait for what hangs when it is told twice', async () => {
    const { watched, status } = inNewFolder()
    const up = watched('up', 'data')
    await up.printed(/Ctrl-C/)
    const now = await status()
    const hung = now.instances.find(({ name }) => name === 'redis-cache')?.pid
    // Behind the supervisor's back: it would thaw what it had frozen itself.
    process.kill(hung ?? 0, 'SIGSTOP')
    up.child.kill('SIGINT')
    await up.printed(/redis-queue +stopped/)
    // What follows the first within moments counts as the same key, so that one more may not be enough. None once it was
    // heard: it would end what exits already by the signal.
    const again = setInterval(() => up.child.kill('SIGINT'), 50)
    onTestFinished(() => clearInterval(again))
    expect(await up.printed(/at once/)).toContain('Stopping at once.')
    clearInterval(again)
    expect(await up.ended).toBe(130)
    await vi.waitFor(() => expect(pidsOf(now).filter(isRunning)).toEqual([]), 15_000)
  })

  it('can be called off while it starts', async () => {
    const { watched, roundtrip } = inNewFolder()
    const up = watched('up', 'data')
    await up.printed(/starting/)
    up.child.kill('SIGINT')
    expect(await up.ended).toBe(130)
    expect(await roundtrip('status')).toMatchObject({ status: 3 })
  })

  it('names the port that is taken, and the setting that changes it', async () => {
    const { root } = inNewFolder()
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const free = Object.fromEntries(
      instances.flatMap(({ ports }) => Object.values(ports).map(({ setting }) => [setting, '0'])),
    )
    const env = { ...free, ROUNDTRIP_ROOT: root, ROUNDTRIP_PORT_REDIS_CACHE: String(port) }
    for (const words of [['up'], ['up', '-d']]) {
      const { status, stderr } = await run(words, { env })
      expect(status).toBe(1)
      expect(stderr).toContain(`127.0.0.1:${port}, which redis-cache needs, is already in use`)
      expect(stderr).toContain('ROUNDTRIP_PORT_REDIS_CACHE')
    }
    server.close()
  })
})

describe('one service alone', () => {
  const folder = makeStateFolder()
  afterAll(() => rmSync(folder, { recursive: true }))

  it('runs on the user’s settings and paths, and ends as the service does', async () => {
    writeFileSync(
      join(folder, 'example.zone'),
      '$ORIGIN example.test.\n$TTL 60\n@ SOA ns admin 1 60 60 60 60\n@ NS ns\nns A 127.0.0.1\nwww A 192.0.2.1\n',
    )
    writeFileSync(join(folder, 'dns.env'), 'DNS_PORT=0\nDNS_ZONE_FILES=example.zone\n')
    const dns = watch(['run', 'dns', '--settings', 'dns.env'], { cwd: folder })
    expect(await dns.printed(/is ready/)).toContain('"service":"dns"')
    dns.child.kill('SIGTERM')
    expect(await dns.ended).toBe(0)
  })

  it('ends with 78 and every wrong setting', async () => {
    const { status, stderr } = await run(['run', 'dns'], { env: { DNS_PORT: 'many', DNS_ZONE_FILE: 'x' } })
    expect(status).toBe(78)
    expect(stderr).toContain('DNS_PORT="many" is not valid')
    expect(stderr).toContain('did you mean DNS_ZONE_FILES?')
  })
})
