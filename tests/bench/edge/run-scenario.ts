/** One scenario: every contestant in turn, round after round, so that noise meets them all. */
import { measured } from './bars.ts'
import { cacheLatencyNs } from '../cache-latency.ts'
import { checkAnswer, checkUntilAnswered } from './check-answer.ts'
import type { Entrant } from './contestants/contestants.ts'
import type { Server } from './contestants/contestant.ts'
import { median } from '../figures.ts'
import { OpenLoop } from '../open-loop.ts'
import { inRounds } from '../rounds.ts'
import {
  measureAnswers,
  measureHandshakes,
  measureLatency,
  type Bench,
  type LatencyMeasurement,
  type Measurement,
} from './measure.ts'
import type { Origin } from './origin.ts'
import type { ScenarioResult } from './results.ts'
import type { AnswerScenario, Scenario } from './scenarios.ts'

/** Those whose time to answer is held against each other. */
const comparedInLatency = [measured, 'nginx']
/** Of its core that a server is to use while times to answer are measured, and may use for a look to count. */
const latencyLoad = 0.7
const bearableLoads = { least: 0.6, most: 0.8 }
/** Requests that come one by one cost more than those of which many wait: how many more a second, is found by trying. */
const firstTry = 0.5
/** Each at another rate, as the machine is faster one moment than the other. */
const triesPerLook = 6
/** Both in turn: whatever else the machine does for a second then spoils a look, and the median hardly moves. */
const latencyLooksPerRound = 10
/** Before any counts: the generators are compiled, and rates are found. */
const looksOfWarmUp = 5

interface Runner {
  readonly name: string
  readonly server: Server
}

const reasonOf = (error: unknown): string => (error as Error).message

const checkCached = async (scenario: AnswerScenario, port: number, origin: Origin): Promise<void> => {
  const before = await origin.count()
  await checkAnswer(scenario, port)
  if ((await origin.count()) > before) throw new Error('the answer was not from a cache')
}

/** Who cannot take part is told apart before anything is timed. */
const prepare = async (scenario: Scenario, { name, server }: Entrant, origin: Origin): Promise<Runner | string> => {
  if (typeof server === 'string') return server
  const port = server[scenario.transport]
  if (typeof port === 'string') return port
  if (scenario.kind === 'answers') {
    if (!scenario.cached && server.proxied !== undefined) return server.proxied
    try {
      await checkUntilAnswered(scenario, port)
      if (scenario.cached) await checkCached(scenario, port, origin)
    } catch (error) {
      return reasonOf(error)
    }
  }
  return { name, server }
}

const isBearable = (busy: number): boolean => busy >= bearableLoads.least && busy <= bearableLoads.most

/**
 * Looks that count are those at which the server had the wanted load: a machine that is slower for a moment makes the
 * same rate too much for it, and what is seen then is a queue.
 *
 * @param startPerSecond the first rate; each look sets that of the next
 */
const steeredLooks = (
  scenario: AnswerScenario,
  { server }: Runner,
  startPerSecond: number,
  bench: Bench,
  openLoop: OpenLoop,
): (() => Promise<LatencyMeasurement>) => {
  let rate = startPerSecond
  const look = async (): Promise<LatencyMeasurement | Error> => {
    try {
      const seen = await measureLatency(scenario, server, Math.floor(rate), bench, openLoop)
      rate *= Math.min(1.5, latencyLoad / seen.busy)
      return isBearable(seen.busy) ? seen : new Error('its load could not be held near 70 %')
    } catch (error) {
      rate *= latencyLoad
      return error as Error
    }
  }
  return async () => {
    for (let attempt = 1; ; attempt++) {
      const seen = await look()
      if (!(seen instanceof Error)) return seen
      if (attempt === triesPerLook) throw seen
    }
  }
}

const runLatency = async (
  scenario: AnswerScenario,
  runners: readonly Runner[],
  rounds: Record<string, Measurement[]>,
  bench: Bench,
  skipped: Record<string, string>,
): Promise<{ latency?: Record<string, LatencyMeasurement[]> }> => {
  const compared = runners.filter(({ name }) => comparedInLatency.includes(name) && rounds[name] !== undefined)
  if (!scenario.latency || compared.length < comparedInLatency.length) return {}
  const openLoop = new OpenLoop(bench.children, bench.plan.loadCores)
  const lookers = compared.map((runner) => {
    const capacity = median((rounds[runner.name] ?? []).map(({ perSecond }) => perSecond))
    return { name: runner.name, look: steeredLooks(scenario, runner, capacity * firstTry, bench, openLoop) }
  })
  try {
    // Those who fail will fail again when it counts.
    await inRounds(lookers, looksOfWarmUp, {}, ({ look }) => look())
    const looks = bench.plan.rounds * latencyLooksPerRound
    return { latency: await inRounds(lookers, looks, skipped, ({ look }) => look()) }
  } finally {
    openLoop.close()
  }
}

export const runScenario = async (
  scenario: Scenario,
  entrants: readonly Entrant[],
  bench: Bench,
): Promise<ScenarioResult> => {
  const skipped: Record<string, string> = {}
  const runners: Runner[] = []
  for (const entrant of entrants) {
    const runner = await prepare(scenario, entrant, bench.origin)
    if (typeof runner === 'string') skipped[entrant.name] = runner
    else runners.push(runner)
  }
  const lookAtCache = (): Promise<number> => cacheLatencyNs(bench.children, bench.plan.serverCore)
  const before = await lookAtCache()
  const measure = ({ server }: Runner): Promise<Measurement> =>
    scenario.kind === 'answers' ? measureAnswers(scenario, server, bench) : measureHandshakes(scenario, server, bench)
  // A round that does not count: what compiles while it runs has by then met this kind of request. Failures will show again.
  for (const runner of runners) await measure(runner).catch(() => undefined)
  const rounds = await inRounds(runners, bench.plan.rounds, skipped, measure)
  const latency = scenario.kind === 'answers' ? await runLatency(scenario, runners, rounds, bench, skipped) : {}
  return { scenario, cacheLatencyNs: [before, await lookAtCache()], rounds, skipped, ...latency }
}
