/** Starts the edge in this process, or as a parent of workers that share its ports; either way with what steers it. */
import type { Component } from '@roundtrip/service'
import { workerCount } from '@roundtrip/worker-group'
import { startSteering, type SteeringOptions } from './admin/steering.ts'
import { readEdgeFile } from './settings/read-edge-file.ts'
import { SettingsInForce } from './settings/settings-in-force.ts'
import { signatureOf } from './tls/watch-files.ts'
import { startWorkers, type EdgeSurroundings } from './workers/start-workers.ts'
import { workAlone } from './workers/workplace.ts'

/** @param environment of this process: what workers inherit */
export const startProcesses = async (
  surroundings: EdgeSurroundings,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Component> => {
  const { settings, log } = surroundings
  // Before it is read: what is written while the workers start is not to be missed.
  const signature = signatureOf(settings.settingsFile === undefined ? [] : [settings.settingsFile])
  const inForce = new SettingsInForce(readEdgeFile(settings))
  const count = workerCount(settings.workers)
  if (count > 1) {
    const { component, bus } = await startWorkers({ surroundings, count, inForce, environment })
    return steered(component, { ...surroundings, bus, inForce, signature })
  }
  // A parent serves nothing: it has no use for all that a server is made of.
  const { startEdge } = await import('./start.ts')
  const workplace = workAlone(log, inForce.now.file.tls.ticketRotationMs, inForce.now)
  return steered(await startEdge(surroundings, workplace), { ...surroundings, bus: workplace.bus, inForce, signature })
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
