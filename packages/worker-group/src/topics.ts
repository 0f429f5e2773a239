/** What parent and workers tell and ask each other whatever the service is. */
import type { Health } from '@roundtrip/service'
import { topic, type Topic, type WorkerBus } from './worker-bus.ts'
import type { WorkerStatus } from './worker-group.ts'

/** How well a worker is. */
export const healthTopic: Topic<null, Health> = topic('process.health')
/** What came of recycling. */
export interface Recycled {
  readonly workers: WorkerStatus[]
  /** A sentence when one could not be replaced: those that were not go on. */
  readonly problem?: string
}

/** Asks the parent to replace its workers one by one; resolves when that is done. Nobody replies where there is one process. */
export const recycleTopic: Topic<null, Recycled> = topic('workers.recycle')
/** What the parent knows of its workers. */
export const workerStatusTopic: Topic<null, WorkerStatus[]> = topic('workers.status')
/** Said by a worker that has done enough: the parent replaces the process with that id. */
export const replaceTopic: Topic<number> = topic('workers.replace')
/** In the parent only: the process with that id has ended, and all that it said has been heard. */
export const workerEndedTopic: Topic<number> = topic('workers.ended')
/** Said by the parent that was told to stop: workers go on, and say that they are not ready. */
export const retireTopic: Topic<null> = topic('workers.retire')

/** The figures of a process. */
export interface ProcessFigures {
  readonly pid: number
  /** Of the worker; 1 where there is only one process. */
  readonly slot: number
  readonly uptimeMs: number
  readonly memoryBytes: number
  readonly heapBytes: number
}

export const processFiguresTopic: Topic<null, ProcessFigures> = topic('process.figures')

/** Answers `processFiguresTopic`. */
export const reportFigures = (bus: WorkerBus, slot: number): void => {
  bus.subscribe(processFiguresTopic, () => {
    const { rss, heapUsed } = process.memoryUsage()
    return {
      pid: process.pid,
      slot,
      uptimeMs: Math.round(process.uptime() * 1000),
      memoryBytes: rss,
      heapBytes: heapUsed,
    }
  })
}
