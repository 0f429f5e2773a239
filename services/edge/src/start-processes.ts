/** Starts the edge in this process, or as a parent of workers that share its ports; either way with what steers it. */
import type { Component } from '@roundtrip/service'
import { workerCount } from '@roundtrip/worker-group'
import { startSteering, type SteeringOptions } from './admin/steering.ts'
import { readEdgeFile } from './settings/read-edge-file.ts'
import { startWorkers, type EdgeSurroundings } from './workers/start-workers.ts'
import { workAlone } from './workers/workplace.ts'

/** @param environment of this process: what workers inherit */
export const startProcesses = async (
  surroundings: EdgeSurroundings,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Component> => {
  const { settings, log } = surroundings
  const file = readEdgeFile(settings)
  const { ticketRotationMs } = file.tls
  const { maxKeys: maxCounts } = file.rateLimiter
  const count = workerCount(settings.workers)
  if (count > 1) {
    const { component, bus } = await startWorkers({ surroundings, count, ticketRotationMs, maxCounts, environment })
    return steered(component, { ...surroundings, bus, file })
  }
  // A parent serves nothing: it has no use for all that a server is made of.
  const { startEdge } = await import('./start.ts')
  const workplace = workAlone(log, ticketRotationMs)
  return steered(await startEdge(surroundings, workplace), { ...surroundings, bus: workplace.bus, file })
}

const steered = async (component: Component, options: SteeringOptions): Promise<Component> => {
  const steering = await startSteering(options).catch(async (error: unknown) => {
    await component.close()
    throw error
  })
  return {
    ...component,
    listeners: { ...component.listeners, ...steering.listeners },
    close: async () => {
      steering.close()
      await component.close()
    },
  }
}
