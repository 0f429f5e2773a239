/** One measurement of one contestant. */
import type { Children } from '../children.ts'
import { answerTimes, type AnswerTimes } from '../answer-times.ts'
import { percent } from '../figures.ts'
import { isBottleneckElsewhere, watchLoad, type Busy, type Watched } from '../load.ts'
import { OpenLoop } from '../open-loop.ts'
import type { Entrant } from './contestants.ts'
import type { DataTier } from './data-tier.ts'
import type { Cores, Plan } from './plan.ts'
import type { Scenario } from './scenarios.ts'

export interface Bench {
  readonly children: Children
  readonly data: DataTier
  readonly cores: Cores
  readonly plan: Plan
}

export interface Measurement {
  readonly perSecond: number
  /** Processor time of all its processes for one answer, in microseconds: hardly moved by noise. */
  readonly serverUs: number
  /** The same of Postgres and Redis. */
  readonly dataUs: number
  readonly busy: Busy
}

const closedLoop = `${import.meta.dirname}/../closed-loop-client.main.ts`
/** Generators are JavaScript as well: what compiles them would take their core away while they measure. */
const openLoopWarmUpSeconds = 3

/** One client for each process, or for each core of the load when those are more. */
const clientsFor = (
  { ports }: Entrant,
  { cores, plan }: Bench,
): { url: string; connections: number; client: number; clients: number }[] => {
  const clients = Math.max(ports.length, cores.areShared ? 1 : cores.load.length)
  return Array.from({ length: clients }, (_, client) => ({
    url: `http://127.0.0.1:${ports[client % ports.length]}/`,
    connections: Math.ceil(plan.concurrency / clients),
    client,
    clients,
  }))
}

const watchedOf = ({ pids }: Entrant, { data, cores }: Bench): Watched => ({
  serverPids: pids,
  serverCores: cores.server,
  originPids: data.pids,
})

/** @throws Error when it was asked too often, or not often enough, for answers of this kind */
const checkAsked = ({ share: [least, most] }: Scenario, asked: number, answers: number): void => {
  if (asked >= least * answers && asked <= most * answers) return
  throw new Error(`the database was asked ${asked} times for ${answers} answers`)
}

/** @throws Error when the figure would say nothing: wrong answers, or another bottleneck than the contestant */
export const measureAnswers = async (scenario: Scenario, entrant: Entrant, bench: Bench): Promise<Measurement> => {
  const { children, data, cores, plan } = bench
  await scenario.prepare(data)
  const before = await scenario.asked(data)
  const programs = clientsFor(entrant, bench).map(({ url, connections, client, clients }) => {
    const numbers = [connections, plan.warmUpSeconds, plan.seconds].map(String)
    return { command: process.execPath, args: [closedLoop, url, scenario.questions(client, clients), ...numbers] }
  })
  const watched = watchedOf(entrant, bench)
  const { said, busy } = await watchLoad(children, programs, cores.load, watched, plan.warmUpSeconds)
  const counts = said.map((text) => JSON.parse(text) as { answers: number; all: number; failures: number })
  const sum = (key: 'answers' | 'all' | 'failures'): number => counts.reduce((total, count) => total + count[key], 0)
  if (sum('failures') > 0) throw new Error(`${sum('failures')} answers were wrong`)
  checkAsked(scenario, (await scenario.asked(data)) - before, sum('all'))
  if (!cores.areShared && isBottleneckElsewhere({ ...busy, origin: 0 })) {
    throw new Error(`the server was busy ${percent(busy.server)} only, the load generator ${percent(busy.load)}`)
  }
  const perSecond = sum('answers') / plan.seconds
  const serverUs = (busy.server * cores.server.length * 1e6) / perSecond
  return { perSecond, serverUs, dataUs: (busy.origin * 1e6) / perSecond, busy }
}

/**
 * One generator for each core of the load, as it never sleeps; each asks all processes in turn.
 *
 * @throws Error when answers were wrong or missing, or a generator was late itself
 */
export const measureLatency = async (
  scenario: Scenario,
  entrant: Entrant,
  wantedPerSecond: number,
  bench: Bench,
): Promise<AnswerTimes> => {
  const { children, data, cores, plan } = bench
  await scenario.prepare(data)
  const clients = cores.load.length
  const looks = cores.load.map((_, client) => ({
    urls: entrant.ports.map((port) => `http://127.0.0.1:${port}/`),
    protocol: 'h1' as const,
    connections: plan.concurrency / clients,
    questions: scenario.questions(client, clients),
    perSecond: wantedPerSecond / clients,
    settleSeconds: openLoopWarmUpSeconds,
    seconds: plan.seconds,
  }))
  const openLoop = new OpenLoop(children, cores.load)
  try {
    const { seen } = await openLoop.look(looks, watchedOf(entrant, bench))
    return answerTimes(seen, plan.seconds)
  } finally {
    openLoop.close()
  }
}
