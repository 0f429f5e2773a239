/** Fetches Debian's redis-server into the project, with no root and without installing anything. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execute } from '../execute.ts'
import { runtimeFolder } from '../host.ts'
import { lockWhenFree } from '../lock.ts'

/** Used when apt cannot work out the dependencies, e.g. because the machine's own package state is broken. */
const knownPackages = ['redis-server', 'redis-tools', 'liblzf1', 'libjemalloc2', 'libatomic1']

const folder = join(runtimeFolder, 'redis')

export const fetchedServer = (): string => join(folder, 'usr/bin/redis-server')

/** Where the unpacked libraries are, for LD_LIBRARY_PATH; there are none when the system has them installed. */
export const fetchedLibraries = async (): Promise<string> => {
  const lib = join(folder, 'usr/lib')
  const architectures = (await readdir(lib).catch(() => [])).filter((name) => name.includes('-linux-'))
  return [lib, ...architectures.map((name) => join(lib, name))].join(':')
}

/** Fetches once; whoever comes meanwhile waits for it. */
export const fetchServer = async (onProgress: (message: string) => void): Promise<void> => {
  await mkdir(runtimeFolder, { recursive: true })
  const lock = await lockWhenFree(join(runtimeFolder, 'redis.lock'), () =>
    onProgress('Waiting for another start to finish fetching Redis.'),
  )
  try {
    if (existsSync(fetchedServer())) return
    onProgress("Fetching Redis from this system's package archive (once).")
    await fetchAndUnpack()
  } finally {
    lock.release()
  }
}

const fetchAndUnpack = async (): Promise<void> => {
  const work = `${folder}.new`
  const state = join(work, 'apt')
  const unpacked = join(work, 'root')
  await rm(work, { recursive: true, force: true })
  await mkdir(join(state, 'lists/partial'), { recursive: true })
  await mkdir(join(state, 'archives/partial'), { recursive: true })
  await mkdir(unpacked)
  // Private lists and cache: the system's own may be empty, locked, or not ours to write.
  const options = [
    `Dir::State::lists=${join(state, 'lists')}`,
    `Dir::Cache=${state}`,
    `Dir::Log=${state}`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=',
  ].flatMap((option) => ['-o', option])
  const aptGet = (...args: string[]) => execute('apt-get', [...options, '-q', ...args], { cwd: work })
  await aptGet('update')
  await aptGet('download', ...(await packageNames(aptGet)))
  for (const file of (await readdir(work)).filter((name) => name.endsWith('.deb'))) {
    await execute('dpkg-deb', ['-x', join(work, file), unpacked])
  }
  await rm(folder, { recursive: true, force: true })
  await rename(unpacked, folder)
  await rm(work, { recursive: true, force: true })
}

/** What an installation would add to this system. */
const packageNames = async (aptGet: (...args: string[]) => Promise<string>): Promise<string[]> => {
  const simulation = await aptGet('-s', '--no-install-recommends', 'install', 'redis-server').catch(() => '')
  const names = simulation.matchAll(/^Inst (\S+)/gm).map((match) => match[1] ?? '')
  const found = [...names].filter((name) => /redis|valkey|^lib/.test(name))
  return found.includes('redis-server') ? found : knownPackages
}
