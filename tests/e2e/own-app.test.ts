/** An app of the user's own in place of the shop: `ROUNDTRIP_APP`, as a user sets it. */
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { StackAddresses, StatusRow } from '@roundtrip/stack'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { makeStateFolder } from '../helpers/cleanups.ts'
import { clientOf, type Client } from '../helpers/client.ts'
import { run, watch } from '../helpers/command.ts'
import { query } from '../helpers/sql.ts'

interface UpReport {
  readonly stack: StackAddresses
  readonly data: { readonly primaryUrl: string; readonly databasePasswordFile: string }
  readonly instances: readonly StatusRow[]
}

const asked = new Set<string | undefined>()
const ownApp = createServer((request, response) => {
  asked.add(request.url)
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ mine: true, ...request.headers }))
})

const root = makeStateFolder()
const env: Record<string, string> = { ROUNDTRIP_ROOT: root, ROUNDTRIP_PORTS: 'free' }
let report: UpReport
let client: Client

beforeAll(async () => {
  await once(ownApp.listen(0, '127.0.0.1'), 'listening')
  env['ROUNDTRIP_APP'] = `http://127.0.0.1:${(ownApp.address() as AddressInfo).port}`
  env['ROUNDTRIP_APP_HEALTH_PATH'] = '/healthz'
  const up = await run(['up', '-d', '--json'], { env })
  report = JSON.parse(up.stdout) as UpReport
  client = clientOf({ ...report.stack, ca: readFileSync(report.stack.caFile, 'utf8') })
})
afterAll(async () => {
  await client?.close()
  await run(['down'], { env })
  ownApp.close()
  rmSync(root, { recursive: true, force: true })
})

it('starts everything but the shop', () => {
  const tiers = new Set(report.instances.map(({ tier }) => tier))
  expect(tiers).toEqual(new Set(['dns', 'edge', 'web', 'data', 'launcher']))
})

it('answers through the edge from that app, which learns how it was asked', async () => {
  const reply = await client('/hello', { headers: { 'x-forwarded-proto': 'gopher' } })
  expect(reply.status).toBe(200)
  expect(reply.json()).toMatchObject({
    mine: true,
    'x-forwarded-proto': 'https',
    'x-forwarded-host': expect.stringContaining(report.stack.publicName),
  })
})

it('is judged by its own health path, and by no other', async () => {
  await vi.waitFor(() => expect(asked).toContain('/healthz'), { timeout: 10_000 })
  expect([...asked].filter((path) => path !== '/healthz' && path !== '/hello')).toEqual([])
})

it('still serves the files of the site', async () => {
  const page = await client('/about.html')
  expect([page.status, page.headers['content-type']]).toEqual([200, expect.stringContaining('text/html')])
  expect(page.text).toContain('<h1>How this page came to you</h1>')
})

it('lets that app into the data tier with what it prints', async () => {
  const { primaryUrl, databasePasswordFile } = report.data
  const password = readFileSync(databasePasswordFile, 'utf8')
  expect(await query(primaryUrl, password, 'select current_user as name')).toEqual([{ name: 'roundtrip' }])
  expect(JSON.stringify(report)).not.toContain(password)
})

it('says in the foreground what web proxies to, and where the data is', async () => {
  await run(['down'], { env })
  const up = watch(['up'], { env })
  const text = await up.printed(/Ctrl-C drains/)
  expect(text).toContain(`web proxies to your app at ${env['ROUNDTRIP_APP']} (health check: /healthz).`)
  expect(text).toMatch(/Data for your app\n {2}postgres:\/\/roundtrip@[^]+redis:\/\//)
  const file = join(root, 'secrets/database-password')
  expect(text).toContain(file)
  expect(existsSync(file)).toBe(true)
  expect(text).not.toContain(readFileSync(file, 'utf8'))
  up.child.kill('SIGINT')
  expect(await up.ended).toBe(0)
})
