/** Starts the edge in this process, or as a parent of workers that share its ports. */
import type { Component } from '@roundtrip/service'
import { startWorkers, workerCount, type EdgeSurroundings } from './workers/start-workers.ts'
import { workAlone } from './workers/workplace.ts'
import { defaultTlsSettings } from './tls/tls-settings.ts'

/** @param environment of this process: what workers inherit */
export const startProcesses = async (
  surroundings: EdgeSurroundings,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Component> => {
  const { ticketRotationMs } = defaultTlsSettings
  const count = workerCount(surroundings.settings.workers)
  if (count > 1) return startWorkers({ surroundings, count, ticketRotationMs, environment })
  // A parent serves nothing: it has no use for all that a server is made of.
  const { startEdge } = await import('./start.ts')
  return startEdge(surroundings, workAlone(surroundings.log, ticketRotationMs))
}
