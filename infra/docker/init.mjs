/**
 * Makes what the stack keeps secret, once: passwords, the certificate authority, the edge's certificate. Each folder below
 * /secrets is a volume of its own, which only its consumers see, read-only below /run/secrets.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, renameSync, writeFileSync } from 'node:fs'

const secrets = '/secrets'

// The keeper of a volume decides who reads it; inside, users differ from image to image.
const readableByAll = 0o444

const makePassword = (folder) => {
  const file = `${secrets}/${folder}/password`
  if (existsSync(file)) return
  writeFileSync(`${file}.new`, randomBytes(24).toString('base64url'), { mode: readableByAll })
  renameSync(`${file}.new`, file)
}

for (const folder of ['superuser', 'database', 'replication', 'redis', 'edge-state', 'purge', 'app'])
  makePassword(folder)
// Reads its settings from the environment, and reports a failure by its exit code.
await import('../../packages/pki/src/main.ts')
