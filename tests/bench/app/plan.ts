/** What is to be measured, as the command line says it. */
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface Plan {
  /** All when empty. */
  readonly scenarios: readonly string[]
  /** All when empty. */
  readonly contestants: readonly string[]
  /** Of each contestant; one run for each number. */
  readonly processes: readonly number[]
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly rounds: number
  /** Requests in flight. */
  readonly concurrency: number
  readonly keep: string | undefined
  /** The project whose app is measured. */
  readonly checkout: string
  readonly nodeArguments: readonly string[]
}

export const usage = `usage: pnpm bench app [scenario…] [options]

  scenarios         cached, uncached, order; default all
  --only a,b        contestants (app, plain, plain-memory); default all
  --processes 1,2   of each contestant; default 1,2,4
  --seconds N       of each measurement; default 4
  --warm-up N       seconds before each measurement; default 1
  --rounds N        alternating rounds; default 5
  --concurrency N   requests in flight; default 64
  --keep NAME       write tests/bench/results/NAME.{json,md}
  --checkout DIR    whose app is measured; default: this one
  --node ARGUMENT   passed on to node, such as --node=--cpu-prof`

/** Which cores who runs on. */
export interface Cores {
  readonly server: readonly number[]
  readonly data: readonly number[]
  readonly load: readonly number[]
  /** There are too few: servers and data tier are on the same ones. */
  readonly areShared: boolean
}

/** One core for each process, one for the data tier, the rest for the load; all for all where that does not fit. */
export const coresFor = (processes: number, cores = availableParallelism()): Cores => {
  const all = Array.from({ length: cores }, (_, core) => core)
  if (cores < processes + 2) return { server: all, data: all, load: all, areShared: true }
  const first = cores - processes
  return { server: all.slice(first), data: [first - 1], load: all.slice(0, first - 1), areShared: false }
}

/** For times to answer: a generator that never sleeps needs a core that nobody else is on. */
export const coresForTimes = (cores: Cores): Cores => {
  if (!cores.areShared) return cores
  const [first, ...others] = cores.server
  return first === undefined || others.length === 0
    ? cores
    : { server: others, data: others, load: [first], areShared: true }
}

const list = (text: string | undefined): string[] => (text === undefined ? [] : text.split(','))

const positive = (name: string, text: string): number => {
  const value = Number(text)
  if (!(value > 0)) throw new TypeError(`--${name} ${JSON.stringify(text)} is not a number above 0.`)
  return value
}

/** @throws TypeError for what it does not understand */
export const readPlan = (commandLine: readonly string[]): Plan => {
  const { values, positionals } = parseArgs({
    args: [...commandLine],
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      processes: { type: 'string', default: '1,2,4' },
      seconds: { type: 'string', default: '4' },
      'warm-up': { type: 'string', default: '1' },
      rounds: { type: 'string', default: '5' },
      concurrency: { type: 'string', default: '64' },
      keep: { type: 'string' },
      checkout: { type: 'string', default: join(import.meta.dirname, '../../..') },
      node: { type: 'string', multiple: true, default: [] },
    },
  })
  return {
    scenarios: positionals,
    contestants: list(values.only),
    processes: list(values.processes).map((text) => positive('processes', text)),
    seconds: positive('seconds', values.seconds),
    warmUpSeconds: positive('warm-up', values['warm-up']),
    rounds: positive('rounds', values.rounds),
    concurrency: positive('concurrency', values.concurrency),
    keep: values.keep,
    checkout: resolve(values.checkout),
    nodeArguments: values.node,
  }
}
