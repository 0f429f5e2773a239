/** Starts the application in this process, or as a parent of workers that share its port. */
import { join } from 'node:path'
import { addUp } from '@roundtrip/metrics'
import type { Component, Surroundings } from '@roundtrip/service'
import { startWorkerGroup, workerCount } from '@roundtrip/worker-group'
import type { AppSettings } from '../config.ts'
import { listenerName, metricsTopic, workAlone, type Briefing } from './workplace.ts'

/** @param environment of this process: what workers inherit */
export const startProcesses = async (
  surroundings: Surroundings<AppSettings>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Component> => {
  const { settings, log, instance } = surroundings
  const count = workerCount(settings.workers)
  if (!needsParent(settings, count)) {
    // A parent serves nothing: it has no use for all that an application is made of.
    const { startApp } = await import('../start.ts')
    return startApp(surroundings, workAlone(log))
  }
  const { component, bus } = await startWorkerGroup({
    count,
    instance,
    addresses: [{ name: listenerName, host: settings.host, port: settings.port }],
    file: join(import.meta.dirname, 'main.ts'),
    environment,
    briefing: (): Briefing => ({ count }),
    log,
  })
  return { ...component, metrics: async () => addUp(await bus.request(metricsTopic, null)) }
}

/** A process that is to be replaced needs somebody who keeps its port meanwhile, even if it is the only one. */
const needsParent = ({ maxRequests }: AppSettings, count: number): boolean =>
  count > 1 || (maxRequests !== undefined && process.platform === 'linux')
