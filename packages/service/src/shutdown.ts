/** The end of a service: told to stop, it drains, closes and says how that went, each within a deadline. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Component } from './component.ts'
import type { Logger } from './logger.ts'

/** How long closing may take after draining, in milliseconds; whatever hangs then is broken off with the process. */
const closeTimeoutMs = 2000

/** Resolves with the reason to stop: SIGTERM, SIGINT, or the parent process going away. Later ones change nothing. */
export const stopRequested = (): Promise<string> =>
  new Promise((resolve) => {
    process.on('SIGTERM', () => resolve('SIGTERM'))
    process.on('SIGINT', () => resolve('SIGINT'))
    // The channel to a supervising parent closes when that parent dies, however it dies.
    process.on('disconnect', () => resolve('the parent process went away'))
  })

/** Says that it is not ready, and lets those who send it work notice before it refuses any. Resolves when that time is over. */
export const standAside = async (component: Component, lameDuckMs: number | undefined): Promise<void> => {
  component.retire?.()
  if (lameDuckMs !== undefined) await sleep(lameDuckMs)
}

/** @returns exit status: 0 when all work was finished and everything closed, else 1. Never rejects. */
export const shutDown = async (component: Component, drainTimeoutMs: number, log: Logger): Promise<0 | 1> => {
  const drained = await attempt('drain', drainTimeoutMs, () => component.drain(), log)
  const closed = await attempt('close', closeTimeoutMs, () => component.close(), log)
  return drained && closed ? 0 : 1
}

const attempt = async (step: string, timeoutMs: number, work: () => Promise<void>, log: Logger): Promise<boolean> => {
  const { promise: deadline, resolve } = Promise.withResolvers<'late'>()
  const timer = setTimeout(resolve, timeoutMs, 'late')
  try {
    const outcome = await Promise.race([work(), deadline])
    if (outcome === 'late') log.warn({ step, timeoutMs }, `${step} ran out of time`)
    return outcome !== 'late'
  } catch (error) {
    log.error({ error, step }, `${step} failed`)
    return false
  } finally {
    clearTimeout(timer)
  }
}
