import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runCli } from './cli.ts'
import { testIo } from './testing/test-io.ts'

const emptyRoot = mkdtempSync(join(tmpdir(), 'roundtrip-cli-'))
afterAll(() => rmSync(emptyRoot, { recursive: true }))

const run = async (words: readonly string[], env: Record<string, string> = {}) => {
  const { io, stdout, stderr } = testIo({ env: { ROUNDTRIP_ROOT: emptyRoot, ...env } })
  return { status: await runCli(words, io), stdout: stdout(), stderr: stderr() }
}

describe('runCli', () => {
  it.each([[[]], [['help']], [['--help']], [['-h']]])('shows the help for %j', async (words) => {
    const { status, stdout, stderr } = await run(words)
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain('./roundtrip <command>')
  })

  it.each([[['help', 'up']], [['up', '--help']], [['up', '-h']]])(
    'shows the help of one command for %j',
    async (words) => {
      const { status, stdout } = await run(words)
      expect([status, stdout]).toEqual([0, expect.stringContaining('--detach')])
    },
  )

  it.each([
    [['stauts'], 'There is no command "stauts". Did you mean status?'],
    [['help', 'opne'], 'There is no command "opne". Did you mean open?'],
    [['qqqqqq'], 'There is no command "qqqqqq". See ./roundtrip help.'],
    [['constructor'], 'There is no command "constructor".'],
    [['status', '--jsno'], 'did you mean --json?'],
    [['up', '--json'], '--json goes with --detach'],
    [['kill'], 'Something is missing'],
    [['run', 'egde'], 'There is no service "egde". Did you mean edge?'],
    [['logs', '-n', 'many'], '--lines takes a whole number or all, not "many".'],
    [['logs', '-l', 'loud'], '--level takes one of debug, info, warn, error'],
    [['logs', 'wbe-1'], 'There is no instance "wbe-1". Did you mean web-1?'],
    [['db', 'failovr'], 'There is nothing called "failovr" to ask of the database. Did you mean failover?'],
    [['db', 'failover', '--to', 'postgres-replcia'], 'Did you mean postgres-replica?'],
    [['db', 'status', '--to', 'postgres-replica'], '--to and --accept-loss go with failover'],
    [['open', 'ftp://x'], '"ftp://x" is not an http or https URL.'],
  ])('ends %j with status 2 and a sentence', async (words, sentence) => {
    const { status, stdout, stderr } = await run(words)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`roundtrip: `)
    expect(stderr).toContain(sentence)
  })

  it.each([[['open']], [['kill', 'web-1']], [['logs']], [['db', 'failover']]])(
    'ends %j with status 3 when nothing runs',
    async (words) => {
      const { status, stderr } = await run(words)
      expect(status).toBe(3)
      expect(stderr).toMatch(/no stack/i)
    },
  )

  it('says that nothing runs to status and down', async () => {
    expect(await run(['status'])).toMatchObject({ status: 3, stdout: expect.stringContaining('No stack is running') })
    expect(await run(['status', '--json'])).toMatchObject({ status: 3, stdout: '{"running":false}\n', stderr: '' })
    expect(await run(['down'])).toMatchObject({ status: 0, stdout: expect.stringContaining('nothing to stop') })
  })

  it.each([
    [{ ROUNDTRIP_PORT_DNS: 'dns' }, 'ROUNDTRIP_PORT_DNS="dns" is not valid: expected a port number'],
    [{ ROUNDTRIP_PORT_DSN: '53' }, 'did you mean ROUNDTRIP_PORT_DNS?'],
    [{ ROUNDTRIP_PORTS: 'any' }, 'ROUNDTRIP_PORTS="any" is not valid: expected one of default, free'],
    [{ ROUNDTRIP_ROTO: '/tmp' }, 'did you mean ROUNDTRIP_ROOT?'],
  ])('ends with status 78 for %j', async (env, sentence) => {
    const { status, stderr } = await run(['status'], env)
    expect([status, stderr]).toEqual([78, expect.stringContaining(sentence)])
  })

  it('prints versions for people and for machines', async () => {
    expect((await run(['--version'])).stdout).toMatch(/^roundtrip \d+\.\d+\.\d+ \(Node /)
    expect(JSON.parse((await run(['version', '--json'])).stdout)).toMatchObject({ node: process.versions.node })
  })

  it('lists the services that can run alone', async () => {
    const { status, stdout } = await run(['run'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^edge +.+services\/edge\/README\.md$/m)
  })
})
