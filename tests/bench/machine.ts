/** What a figure was measured on. */
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release } from 'node:os'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly kernel: string
  readonly distribution: string
  readonly node: string
  /** By program; `missing` for what is not installed. */
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

/** @param versions undefined for a program that is not installed */
export const describeMachine = (versions: Readonly<Record<string, string | undefined>>): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  kernel: release(),
  distribution: distribution(),
  node: process.version,
  versions: Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, version ?? 'missing'])),
  loadBefore: loadavg()[0] ?? 0,
})

export const machineLines = ({ cpu, cores, kernel, distribution: name, node, versions }: Machine): string[] => [
  `${cpu}, ${cores} cores, Linux ${kernel}, ${name}, Node ${node}`,
  Object.entries(versions)
    .map((entry) => entry.join(' '))
    .join(', '),
]
