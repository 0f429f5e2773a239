/** The real terminal and process behind `Io`. */
import { Socket } from 'node:net'
import { resolve } from 'node:path'
import type { Environment } from '@roundtrip/config'
import type { Io } from './command.ts'
import { coloursFor, coloursWanted } from './terminal/colours.ts'

const projectRoot = resolve(import.meta.dirname, '../../..')

/** POSIX: LC_ALL wins over LC_CTYPE wins over LANG. Terminals of macOS and of today's Linux are UTF-8 unless told. */
export const unicodeWanted = (env: Environment): boolean => {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG']
  if (env['TERM'] === 'dumb' || env['TERM'] === 'linux') return false
  return locale === undefined || locale === '' || /utf-?8/i.test(locale)
}

/** The launcher holds the other end of this pipe; it ends when the launcher does, however that dies. */
const onLifelineEnd = (env: Environment, listener: () => void): void => {
  const fd = env['ROUNDTRIP_LIFELINE']
  if (fd === undefined || !/^\d+$/.test(fd)) return
  // A socket, not a file stream: a read that waits in the thread pool would keep process.exit from returning.
  new Socket({ fd: Number(fd), readable: true, writable: false })
    .on('error', () => undefined)
    .on('close', listener)
    .resume()
    .unref()
}

const interruptsOf = (env: Environment): Io['onInterrupt'] => {
  const listeners = new Set<(reason: string) => void>()
  const interrupt = (reason: string, status: number): void => {
    if (listeners.size === 0) process.exit(status)
    for (const listener of listeners) listener(reason)
  }
  process.on('SIGINT', () => interrupt('SIGINT', 130))
  process.on('SIGTERM', () => interrupt('SIGTERM', 143))
  process.on('SIGHUP', () => interrupt('SIGHUP', 129))
  onLifelineEnd(env, () => interrupt('the launcher has gone away', 1))
  return (listener) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
}

/** @param env the process's own environment, which only `main.ts` reads */
export const processIo = (env: Environment): Io => {
  const { stdout, stderr } = process
  // `roundtrip logs | head` closes our output: there is nobody left to tell, and nothing has failed.
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  }
  return {
    stdout,
    stderr,
    isTty: stdout.isTTY && env['TERM'] !== 'dumb',
    unicode: unicodeWanted(env),
    colours: coloursFor(coloursWanted(env, stdout.isTTY)),
    get width() {
      return stdout.columns ?? 80
    },
    env,
    cwd: process.cwd(),
    projectRoot,
    onInterrupt: interruptsOf(env),
  }
}
