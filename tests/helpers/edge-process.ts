/** One edge as its own process, through its `main.ts`, on free ports. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ensurePki, type PkiFiles } from '@roundtrip/pki'

const program = join(import.meta.dirname, '../../services/edge/src/main.ts')

export interface EdgeProcessOptions {
  /** Origins of the next hops. */
  readonly upstreams: readonly string[]
  /** Settings beside ports, certificate and next hops, e.g. `EDGE_WORKERS`. */
  readonly environment?: Readonly<Record<string, string>>
  /** What its settings file says; none when undefined. */
  readonly settings?: object
}

export interface EdgeProcess {
  readonly child: ChildProcess
  readonly httpsPort: number
  /** Of `EDGE_HTTP_PORT`, when that is set. */
  readonly httpPort: number | undefined
  /** Of its admin API, when `EDGE_ADMIN_PORT` is set. */
  readonly adminOrigin: string | undefined
  readonly files: PkiFiles
  /** Where its settings file is, when it has one. */
  readonly settingsFile: string
  /** The authority, in PEM form. */
  readonly ca: string
  /** For files of the test; removed with the edge. */
  readonly folder: string
  /** Lines of its log so far. */
  readonly log: readonly string[]
  readonly stop: () => Promise<void>
}

interface Ready {
  readonly listeners: Readonly<Record<string, string>>
}

const portOf = (address: string): number => Number(new URL(address).port)

/** Every name that a test may ask for. */
const names = ['www.roundtrip.test', 'localhost', '127.0.0.1']

const readyOf = async (child: ChildProcess, log: readonly string[]): Promise<Ready> => {
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const onExit = (status: number | null): void => reject(new Error(`the edge ended with ${status}\n${log.join('\n')}`))
  child.once('exit', onExit)
  try {
    const [ready] = (await Promise.race([once(child, 'message'), ended])) as [Ready]
    return ready
  } finally {
    child.off('exit', onExit)
  }
}

/** @throws Error when the edge does not start, with what it said */
export const startEdgeProcess = async ({
  upstreams,
  environment,
  settings,
}: EdgeProcessOptions): Promise<EdgeProcess> => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-edge-'))
  const pki = join(folder, 'pki')
  mkdirSync(pki)
  const files = await ensurePki(pki, { names })
  const settingsFile = join(folder, 'edge.yaml')
  // JSON is YAML, too.
  if (settings !== undefined) writeFileSync(settingsFile, JSON.stringify(settings))
  const child = fork(program, [], {
    silent: true,
    env: {
      PATH: process.env['PATH'],
      EDGE_HTTPS_PORT: '0',
      EDGE_CERTIFICATE_FILE: files.certificateFile,
      EDGE_KEY_FILE: files.keyFile,
      ...(upstreams.length > 0 && { EDGE_UPSTREAMS: upstreams.join(',') }),
      EDGE_HEALTH_CHECK_PATH: '/health',
      SERVICE_LOG_LEVEL: 'warn',
      ...(settings !== undefined && { EDGE_SETTINGS_FILE: settingsFile }),
      ...environment,
    },
  })
  const log: string[] = []
  for (const output of [child.stdout, child.stderr]) {
    if (output !== null) createInterface(output).on('line', (line) => log.push(line))
  }
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const { listeners } = await readyOf(child, log)
    const { https = '', http, admin } = listeners
    const httpPort = http === undefined ? undefined : portOf(http)
    return {
      child,
      httpsPort: portOf(https),
      httpPort,
      adminOrigin: admin,
      files,
      settingsFile,
      ca: readFileSync(files.caFile, 'utf8'),
      folder,
      log,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
