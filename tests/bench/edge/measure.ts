/** One measurement of one contestant. */
import type { Children } from '../children.ts'
import type { Server } from './contestants/contestant.ts'
import { answerTimes, type AnswerTimes } from '../answer-times.ts'
import { percent } from '../figures.ts'
import { answersPerSecond, connectionsFor, h2loadArguments, urlOf } from './h2load.ts'
import { isBottleneckElsewhere, watchLoad, type Busy, type Watched } from '../load.ts'
import type { OpenLoop } from '../open-loop.ts'
import type { Origin } from './origin.ts'
import type { Plan } from './plan.ts'
import type { AnswerScenario, HandshakeScenario } from './scenarios.ts'

export interface Measurement {
  readonly perSecond: number
  /** Processor time of the server for one answer or handshake, in microseconds: hardly moved by noise. */
  readonly serverUs: number
  readonly busy: Busy
}

export interface LatencyMeasurement extends AnswerTimes {
  /** Share of its core that the server used. */
  readonly busy: number
}

export interface Bench {
  readonly children: Children
  readonly origin: Origin
  readonly plan: Plan
}

const portOf = (server: Server, transport: 'plain' | 'tls'): number => {
  const port = server[transport]
  if (typeof port === 'string') throw new TypeError(port)
  return port
}

const watchedOf = (server: Server, { origin, plan }: Bench): Watched => ({
  serverPids: [server.pid],
  serverCores: [plan.serverCore],
  originPids: [origin.pid],
})

const measurement = (perSecond: number, busy: Busy): Measurement => {
  if (isBottleneckElsewhere(busy)) {
    throw new Error(
      `the server was busy ${percent(busy.server)} only, the load generator ${percent(busy.load)}, the origin ` +
        `${percent(busy.origin)}: more cores for them (--cores)`,
    )
  }
  return { perSecond, serverUs: (busy.server * 1e6) / perSecond, busy }
}

/** Cached means that the origin hears nothing; proxied, that it hears everything. */
const checkOrigin = ({ cached }: AnswerScenario, asked: number, answers: number): void => {
  if (cached && asked > answers / 1000) throw new Error(`not a cached answer: the origin was asked ${asked} times`)
  if (!cached && asked < answers) throw new Error(`the origin was asked ${asked} times for ${answers} answers`)
}

/** @throws Error when the figure would say nothing: wrong answers, or another bottleneck than the server */
export const measureAnswers = async (scenario: AnswerScenario, server: Server, bench: Bench): Promise<Measurement> => {
  const { children, origin, plan } = bench
  const args = h2loadArguments(scenario, portOf(server, scenario.transport), plan)
  const before = await origin.count()
  const { said, busy } = await watchLoad(
    children,
    [{ command: 'h2load', args }],
    plan.loadCores,
    watchedOf(server, bench),
    plan.warmUpSeconds,
  )
  const perSecond = answersPerSecond(said.join(''))
  checkOrigin(scenario, (await origin.count()) - before, perSecond * plan.seconds)
  return measurement(perSecond, busy)
}

/** Of a look at a set rate: long enough for some collections of garbage, short enough that most see nothing else. */
const lookSeconds = { settleSeconds: 0.25, seconds: 1 }

/** @throws Error when answers were wrong or missing, or the generator was too slow itself */
export const measureLatency = async (
  scenario: AnswerScenario,
  server: Server,
  wantedPerSecond: number,
  bench: Bench,
  openLoop: OpenLoop,
): Promise<LatencyMeasurement> => {
  const generators = bench.plan.loadCores.length
  const look = {
    urls: [urlOf(scenario, portOf(server, scenario.transport))],
    protocol: scenario.protocol,
    connections: Math.ceil(connectionsFor(scenario, bench.plan) / generators),
    questions: 'same',
    perSecond: wantedPerSecond / generators,
    ...lookSeconds,
  }
  const looks = Array.from({ length: generators }, () => look)
  const { seen, busy } = await openLoop.look(looks, watchedOf(server, bench))
  return { ...answerTimes(seen, look.seconds), busy: busy.server }
}

const handshakeClient = `${import.meta.dirname}/handshake-client.main.ts`
/** Enough that the server is never without one. */
const lanesPerClient = 16

/** The origin has nothing to do: its core makes load as well. @throws Error when handshakes failed or did not resume */
export const measureHandshakes = async (
  { resumed }: HandshakeScenario,
  server: Server,
  bench: Bench,
): Promise<Measurement> => {
  const { children, plan } = bench
  const cores = [...plan.loadCores, plan.originCore]
  const args = [portOf(server, 'tls'), lanesPerClient, plan.warmUpSeconds, plan.seconds].map(String)
  const client = { command: process.execPath, args: [handshakeClient, ...args, resumed ? 'resumed' : 'full'] }
  const clients = cores.map(() => client)
  const { said, busy } = await watchLoad(children, clients, cores, watchedOf(server, bench), plan.warmUpSeconds)
  const counts = said.map((text) => JSON.parse(text) as { handshakes: number; resumed: number; failures: number })
  const sum = (key: 'handshakes' | 'resumed' | 'failures'): number =>
    counts.reduce((total, count) => total + count[key], 0)
  if (sum('handshakes') === 0) throw new Error('no handshake was completed')
  if (sum('failures') > 0) throw new Error(`${sum('failures')} of ${sum('handshakes')} handshakes failed`)
  if (sum('resumed') !== (resumed ? sum('handshakes') : 0)) {
    throw new Error(`${sum('resumed')} of ${sum('handshakes')} handshakes were resumed`)
  }
  return measurement(sum('handshakes') / plan.seconds, busy)
}
