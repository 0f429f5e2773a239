/** How a service or a task of ours is started: its entry point on this Node, with its settings and nothing else. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { RoundtripError } from '@roundtrip/errors'
import { childEnvironment, projectFolder } from './host.ts'
import { nodeMemory } from './node-memory.ts'
import type { ProcessPlan } from './run-process.ts'
import type { InstanceSpec } from './topology.ts'

export interface ServicePlanOptions {
  readonly settings: Readonly<Record<string, string>>
  /** In place of the service's own. */
  readonly entryPoint?: string | undefined
  readonly seed: boolean
}

/** @throws RoundtripError `STACK_START_FAILED` when the entry point is not there */
export const planService = (spec: InstanceSpec, options: ServicePlanOptions): ProcessPlan => {
  const isTask = spec.kind === 'task'
  const ownEntryPoint = join(projectFolder, 'services', spec.tier, 'src', isTask ? `${spec.name}.ts` : 'main.ts')
  const entryPoint = options.entryPoint ?? ownEntryPoint
  if (!existsSync(entryPoint)) {
    throw new RoundtripError('STACK_START_FAILED', `${spec.name} has no entry point: ${entryPoint} does not exist.`)
  }
  const taskArguments = isTask && options.seed ? ['--seed'] : []
  return {
    command: process.execPath,
    args: [...nodeMemory.flags, entryPoint, ...taskArguments],
    environment: { ...childEnvironment(), ...nodeMemory.environment, ...options.settings },
    folder: projectFolder,
    readyBy: isTask ? 'exit' : 'message',
    stopSignal: 'SIGTERM',
  }
}
