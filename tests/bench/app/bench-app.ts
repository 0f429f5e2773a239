/** The app beside the same endpoints written plainly: same Postgres and Redis, same cores, one run. */
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { Children } from '../children.ts'
import { pin } from '../cpu.ts'
import { describeMachine, machineLines } from '../machine.ts'
import { checkAnswers } from './check-answer.ts'
import { contestants, enter, type Entrant } from './contestants.ts'
import { startDataTier, type DataTier } from './data-tier.ts'
import { coresFor, readPlan, usage, type Plan } from './plan.ts'
import { barLines, keepResults, planLines, resultLines } from './report.ts'
import { runScenario, type Result } from './run-scenario.ts'
import { scenarios } from './scenarios.ts'
import { shield } from '../shield.ts'

const print = (lines: readonly string[]): void => console.log(lines.join('\n'))

const isWanted = (wanted: readonly string[], name: string): boolean => wanted.length === 0 || wanted.includes(name)

const versionOf = (name: string): string | undefined => {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`)
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version?: string }).version
}

const runWith = async (processes: number, plan: Plan, children: Children, data: DataTier): Promise<Result[]> => {
  const cores = coresFor(processes)
  const unshield = shield(cores.server)
  pin(data.pids, cores.data)
  const { checkout, nodeArguments } = plan
  const surroundings = { children, data, cores: cores.server, checkout, nodeArguments }
  const entrants: Entrant[] = []
  const results: Result[] = []
  try {
    for (const contestant of contestants.filter(({ name }) => isWanted(plan.contestants, name))) {
      entrants.push(await enter(contestant, surroundings, processes))
    }
    await checkAnswers(entrants)
    for (const scenario of scenarios.filter(({ name }) => isWanted(plan.scenarios, name))) {
      const result = await runScenario(scenario, entrants, processes, { children, data, cores, plan })
      print(resultLines(result))
      results.push(result)
    }
  } finally {
    await Promise.all(entrants.map((entrant) => entrant.stop()))
    unshield()
  }
  return results
}

/** @returns the exit status: 64 for a command line that makes no sense */
export const benchApp = async (commandLine: readonly string[]): Promise<number> => {
  let plan: Plan
  try {
    plan = readPlan(commandLine)
  } catch (error) {
    console.error(`bench: ${(error as Error).message}\n${usage}`)
    return 64
  }
  const versions = ['fastify', 'pg', 'ioredis'].map((name) => [name, versionOf(name)] as const)
  const machine = describeMachine(Object.fromEntries(versions))
  print([...machineLines(machine), ...planLines(machine, plan), ''])
  const children = new Children()
  const results: Result[] = []
  try {
    const data = await startDataTier()
    try {
      for (const processes of plan.processes) results.push(...(await runWith(processes, plan, children, data)))
    } finally {
      await data.stack.stop()
    }
  } finally {
    await children.stop()
  }
  print(barLines(results))
  if (plan.keep !== undefined) print(keepResults(plan.keep, machine, plan, results))
  return 0
}
