import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Roles } from './roles.ts'

const known = ['postgres-primary', 'postgres-replica']

const inFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-roles-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test('the first primary is the one that is called so, also before there is any data', () => {
  expect(new Roles(join(inFolder(), 'not-yet'), known).primary).toBe('postgres-primary')
})

test('a new primary is remembered', () => {
  const folder = inFolder()
  const roles = new Roles(folder, known)
  roles.setPrimary('postgres-replica')
  expect(roles.primary).toBe('postgres-replica')
  expect(new Roles(folder, known).primary).toBe('postgres-replica')
  expect(readFileSync(join(folder, 'primary'), 'utf8')).toBe('postgres-replica\n')
})

test('a record that names nobody is said, with what to write instead', () => {
  const folder = inFolder()
  writeFileSync(join(folder, 'primary'), 'postgres-9\n')
  expect(() => new Roles(folder, known)).toThrow(
    `${join(folder, 'primary')} names "postgres-9" as primary, but there is only postgres-primary, postgres-replica: write one of them into it.`,
  )
})

test('one change at a time, and nobody is started meanwhile', async () => {
  const roles = new Roles(inFolder(), known)
  const change = Promise.withResolvers<string>()
  const first = roles.whileChanging(() => change.promise)
  await expect(roles.whileChanging(async () => 'second')).rejects.toMatchObject({ code: 'FAILOVER_IN_PROGRESS' })
  expect(() => roles.throwIfChanging('postgres-primary')).toThrow('A failover of the database is under way')
  await roles.exceptFor('postgres-replica', async () => {
    expect(() => roles.throwIfChanging('postgres-primary')).toThrow('A failover of the database is under way')
    roles.throwIfChanging('postgres-replica')
  })
  change.resolve('done')
  expect(await first).toBe('done')
  roles.throwIfChanging('postgres-primary')
})

test('a change that fails is over, too', async () => {
  const roles = new Roles(inFolder(), known)
  await expect(roles.whileChanging(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  roles.throwIfChanging('postgres-primary')
})
