/** The edge beside nginx, HAProxy, Varnish and the Node peer: same cores, same work, one run. */
import { ensurePki } from '@roundtrip/pki'
import { Children } from '../children.ts'
import { contestants, enter, type Entrant } from './contestants/contestants.ts'
import { describeMachine, machineLines } from '../machine.ts'
import { versionOf } from '../program-version.ts'
import { startOrigin } from './origin.ts'
import { readPlan, usage, type Plan } from './plan.ts'
import { barLines, keepResults, planLine, scenarioLines } from './report.ts'
import type { ScenarioResult } from './results.ts'
import { runScenario } from './run-scenario.ts'
import { scenarios } from './scenarios.ts'
import { shield } from '../shield.ts'

const tools = { h2load: 'apt-get install nghttp2-client', taskset: 'apt-get install util-linux' }

const wantedScenarios = ({ scenarios: wanted }: Plan) =>
  scenarios.filter(({ name }) => wanted.length === 0 || wanted.some((prefix) => name.startsWith(prefix)))

const wantedContestants = ({ contestants: wanted }: Plan) =>
  contestants.filter(({ name }) => wanted.length === 0 || wanted.includes(name))

const print = (lines: readonly string[]): void => console.log(lines.join('\n'))

const run = async (plan: Plan, children: Children): Promise<ScenarioResult[]> => {
  const { certificateFile, keyFile } = await ensurePki(children.folder, { names: ['localhost', '127.0.0.1'] })
  const origin = await startOrigin(children, plan)
  const surroundings = {
    children,
    serverCore: plan.serverCore,
    originPort: origin.port,
    checkout: plan.checkout,
    certificateFile,
    keyFile,
  }
  const entrants: Entrant[] = []
  for (const contestant of wantedContestants(plan)) entrants.push(await enter(contestant, surroundings))
  const results: ScenarioResult[] = []
  for (const scenario of wantedScenarios(plan)) {
    const result = await runScenario(scenario, entrants, { children, origin, plan })
    print(scenarioLines(result))
    results.push(result)
  }
  return results
}

/** @returns the exit status: 64 for a command line that makes no sense, 69 without the tools, 1 when a bar was missed */
export const benchEdge = async (commandLine: readonly string[]): Promise<number> => {
  let plan: Plan | undefined
  try {
    plan = readPlan(commandLine)
  } catch (error) {
    console.error(`bench: ${(error as Error).message}\n${usage}`)
    return 64
  }
  if (plan === undefined) {
    print(scenarios.map(({ name, description }) => `${name.padEnd(20)} ${description}`))
    return 0
  }
  const h2load = versionOf('h2load', '--version', /nghttp2\/(\S+)/)
  const versions = wantedContestants(plan).map(({ name, version }) => [name, version()] as const)
  const machine = describeMachine({ ...Object.fromEntries(versions), h2load })
  if (h2load === undefined) {
    console.error(`bench: h2load is missing: ${tools.h2load}`)
    return 69
  }
  print([...machineLines(machine), planLine(machine, plan), ''])
  const children = new Children()
  const unshield = shield([plan.serverCore])
  let results: ScenarioResult[]
  try {
    results = await run(plan, children)
  } finally {
    await children.stop()
    unshield()
  }
  print(barLines(results))
  if (plan.keep !== undefined) print(keepResults(plan.keep, machine, plan, results))
  return 0
}
