import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, onTestFinished } from 'vitest'
import { runTask } from './task.ts'

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'roundtrip-pki-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

const said: string[] = []
const output = { info: (message: string) => said.push(message), error: (message: string) => said.push(message) }
const settings = { folder: '', names: ['www.roundtrip.test'], leafLifetimeMs: 86_400_000, renew: false }

test('publishes everything but the key of the authority, and ends', async () => {
  const [from, to] = [folder(), folder()]
  expect(await runTask({ ...settings, folder: from, publishFolder: to }, output)).toBeUndefined()
  expect(readdirSync(to).toSorted()).toEqual(['ca.pem', 'edge-client.pem', 'edge.pem'])
  expect(readFileSync(join(to, 'edge.pem'))).toEqual(readFileSync(join(from, 'edge.pem')))
  expect(statSync(join(to, 'edge.pem')).mode & 0o777).toBe(0o400)
})

test('stays when certificates are to be renewed, until it is told to stop', async () => {
  const stop = await runTask({ ...settings, folder: folder(), renew: true }, output)
  expect(stop).toBeTypeOf('function')
  stop?.()
})
