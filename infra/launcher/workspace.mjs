/** The workspace's dependencies, installed from the lockfile exactly as it stands. */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pnpmEnvironment } from './environment.mjs'
import { withLock } from './lock.mjs'
import { run, say } from './run.mjs'

const inputs = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', '.node-version']

const wanted = (root) => {
  const hash = createHash('sha256')
  for (const file of inputs) hash.update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

const installed = (stampFile) => {
  try {
    return readFileSync(stampFile, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * Installs when the lockfile is not the one that was installed last.
 *
 * @param {string} root the project's folder
 * @param {import('./runtime.mjs').Runtime} runtime
 */
export const ensureWorkspace = async (root, runtime) => {
  // Beside the packages: deleting node_modules deletes the claim that they are there.
  const stampFile = join(root, 'node_modules', '.roundtrip-install')
  const want = wanted(root)
  if (installed(stampFile) === want) return
  await withLock(join(runtime.folder, 'lock'), async () => {
    if (installed(stampFile) === want) return
    say('installing the workspace from pnpm-lock.yaml')
    await run(runtime.pnpm, ['install', '--frozen-lockfile'], {
      cwd: root,
      env: pnpmEnvironment(runtime.folder, runtime.env),
      failure: 'could not install the workspace; what pnpm said:',
    })
    writeFileSync(stampFile, want)
  })
}
