/** What is to be measured, as the command line says it. */
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface Plan {
  /** Names of scenarios, each also matched as a prefix; all when empty. */
  readonly scenarios: readonly string[]
  /** Names of contestants; all when empty. */
  readonly contestants: readonly string[]
  /** Seconds of each measurement, without its warm-up. */
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly rounds: number
  /** Requests in flight: connections over HTTP/1.1, streams over HTTP/2. */
  readonly concurrency: number
  readonly serverCore: number
  readonly originCore: number
  readonly loadCores: readonly number[]
  /** Where the results are to be kept, by name; only printed when undefined. */
  readonly keep: string | undefined
  /** The project whose edge is measured: two states of it can be compared run by run. */
  readonly checkout: string
}

export const usage = `usage: pnpm bench edge [scenario…] [options]

  --only a,b        contestants (edge, nginx, haproxy, varnish, fastify-http-proxy); default all
  --seconds N       of each measurement; default 4
  --warm-up N       seconds before each measurement; default 1
  --rounds N        alternating rounds; default 5
  --concurrency N   requests in flight; default 64
  --cores S,O,L…    of the server, the origin and the load; default: the last, the one before it, all others
  --keep NAME       write tests/bench/results/NAME.{json,md}
  --checkout DIR    whose edge is measured; default: this one
  --list            the scenarios`

const defaultCores = (): number[] => {
  const last = availableParallelism() - 1
  return [last, last - 1, ...Array.from({ length: Math.max(0, last - 1) }, (_, core) => core)]
}

const list = (text: string | undefined): string[] => (text === undefined ? [] : text.split(','))

const positive = (name: string, text: string): number => {
  const value = Number(text)
  if (!(value > 0)) throw new TypeError(`--${name} ${JSON.stringify(text)} is not a number above 0.`)
  return value
}

/** @returns `undefined` when only the list of scenarios is wanted @throws TypeError for what it does not understand */
export const readPlan = (commandLine: readonly string[]): Plan | undefined => {
  const { values, positionals } = parseArgs({
    args: [...commandLine],
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      seconds: { type: 'string', default: '4' },
      'warm-up': { type: 'string', default: '1' },
      rounds: { type: 'string', default: '5' },
      concurrency: { type: 'string', default: '64' },
      cores: { type: 'string' },
      keep: { type: 'string' },
      checkout: { type: 'string', default: join(import.meta.dirname, '../../..') },
      list: { type: 'boolean', default: false },
    },
  })
  if (values.list) return undefined
  const cores = values.cores === undefined ? defaultCores() : list(values.cores).map(Number)
  const [serverCore = 0, originCore = 0, ...loadCores] = cores
  if (new Set(cores).size < 3 || cores.some((core) => !Number.isInteger(core) || core < 0)) {
    throw new TypeError('A server, an origin and a load generator need three cores of their own: --cores S,O,L.')
  }
  return {
    scenarios: positionals,
    contestants: list(values.only),
    seconds: positive('seconds', values.seconds),
    warmUpSeconds: positive('warm-up', values['warm-up']),
    rounds: positive('rounds', values.rounds),
    concurrency: positive('concurrency', values.concurrency),
    serverCore,
    originCore,
    loadCores,
    keep: values.keep,
    checkout: resolve(values.checkout),
  }
}
