/** Finds a Redis server: the one named, one on PATH, or one fetched into the project. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { RoundtripError } from '@roundtrip/errors'
import { hostEnvironment, isExecutable } from '../host.ts'
import { fetchedLibraries, fetchedServer, fetchServer } from './packages.ts'

export interface RedisBinary {
  readonly command: string
  readonly environment: Readonly<Record<string, string>>
}

const programNames = ['redis-server', 'valkey-server']

/** @throws RoundtripError `STACK_START_FAILED` saying how to get one */
export const findRedis = async (onProgress: (message: string) => void): Promise<RedisBinary> => {
  const { REDIS_SERVER: named, PATH: path = '' } = hostEnvironment()
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return { command: named, environment: {} }
    throw new RoundtripError('STACK_START_FAILED', `REDIS_SERVER names ${named}, which is not an executable file.`)
  }
  const installed = path
    .split(delimiter)
    .flatMap((folder) => programNames.map((name) => join(folder, name)))
    .find(isExecutable)
  if (installed !== undefined) return { command: installed, environment: {} }
  if (!existsSync(fetchedServer())) await fetchOrExplain(onProgress)
  return { command: fetchedServer(), environment: { LD_LIBRARY_PATH: await fetchedLibraries() } }
}

const fetchOrExplain = async (onProgress: (message: string) => void): Promise<void> => {
  const advice = 'Install redis-server or valkey-server (brew install redis), or set REDIS_SERVER to its path'
  if (!isExecutable('/usr/bin/apt-get')) {
    throw new RoundtripError('STACK_START_FAILED', `No Redis server was found on PATH. ${advice}.`)
  }
  try {
    await fetchServer(onProgress)
  } catch (cause) {
    const message = `No Redis server was found on PATH, and fetching one failed: ${(cause as Error).message}\n${advice}.`
    throw new RoundtripError('STACK_START_FAILED', message, { cause })
  }
}
