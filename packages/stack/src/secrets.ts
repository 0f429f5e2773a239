/** Generated passwords, one file each, readable by their owner only. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Secret {
  readonly file: string
  readonly value: string
}

const names = [
  'database-password',
  'database-superuser-password',
  'redis-password',
  'edge-redis-password',
  'purge-password',
  'control-token',
  'app-secret',
] as const

export type SecretName = (typeof names)[number]

/** What the folder holds; what is missing is made. */
export const ensureSecrets = (folder: string): Readonly<Record<SecretName, Secret>> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const entries = names.map((name) => [name, ensureSecret(join(folder, name))] as const)
  return Object.fromEntries(entries) as Record<SecretName, Secret>
}

const ensureSecret = (file: string): Secret => {
  try {
    writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return { file, value: readFileSync(file, 'utf8') }
}
