/** What a figure was measured on. */
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release } from 'node:os'
import { versionOf, type Contestant } from './contestants/contestant.ts'
import type { Plan } from './plan.ts'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly kernel: string
  readonly distribution: string
  readonly node: string
  readonly h2load: string
  readonly versions: Readonly<Record<string, string>>
  /** One-minute load average before the start: what else was going on. */
  readonly loadBefore: number
}

const distribution = (): string => {
  try {
    return /PRETTY_NAME="([^"]*)"/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown'
  } catch {
    return 'unknown'
  }
}

export const describeMachine = (contestants: readonly Contestant[]): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  kernel: release(),
  distribution: distribution(),
  node: process.version,
  h2load: versionOf('h2load', '--version', /nghttp2\/(\S+)/) ?? 'missing',
  versions: Object.fromEntries(contestants.map((contestant) => [contestant.name, contestant.version() ?? 'missing'])),
  loadBefore: loadavg()[0] ?? 0,
})

export const machineLines = (machine: Machine, plan: Plan): string[] => [
  `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, ${machine.distribution}, Node ${machine.node}, h2load ${machine.h2load}`,
  Object.entries(machine.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', '),
  `server on core ${plan.serverCore}, origin on ${plan.originCore}, load on ${plan.loadCores.join(', ')}; ` +
    `${plan.rounds} rounds of ${plan.seconds} s after ${plan.warmUpSeconds} s of warm-up, ${plan.concurrency} requests in flight; ` +
    `load average before ${machine.loadBefore.toFixed(2)}`,
]
