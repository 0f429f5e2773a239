/** Active health checks: each member is asked at an interval whether it can work, apart from the traffic. */
import type { LookupFunction } from 'node:net'
import { Client } from 'undici'
import type { CheckResult, Thresholds } from './health-state.ts'

export interface HealthCheckOptions extends Thresholds {
  /** Path that a healthy member answers with 2xx. */
  readonly path: string
  readonly intervalMs: number
  /** Until the whole answer is there, connecting included. */
  readonly timeoutMs: number
}

/** Runs a task once after a delay; the result calls it off. */
export type Schedule = (task: () => void, delayMs: number) => () => void

export interface HealthCheckLoop {
  /** Never rejects. */
  readonly check: () => Promise<CheckResult>
  readonly onResult: (result: CheckResult) => void
  readonly intervalMs: number
  readonly schedule: Schedule
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number
}

/** Part of the interval by which checks vary, so that many edges do not ask a member in step. */
const jitter = 0.1

export const scheduleTimer: Schedule = (task, delayMs) => {
  const timer = setTimeout(task, delayMs)
  return () => clearTimeout(timer)
}

/** Checks at once, then again an interval after each result. @returns stops it; a result still under way is dropped */
export const startHealthChecks = ({ check, onResult, intervalMs, schedule, random }: HealthCheckLoop): (() => void) => {
  let stopped = false
  let cancel: (() => void) | undefined
  const run = (): void => {
    void check().then((result) => {
      if (stopped) return
      onResult(result)
      cancel = schedule(run, intervalMs * (1 - jitter + 2 * jitter * random()))
    })
  }
  run()
  return () => {
    stopped = true
    cancel?.()
  }
}

/** Asks over a connection of its own each time: a check must show that new connections are answered. */
export const httpCheck = (
  origin: string,
  { path, timeoutMs }: Pick<HealthCheckOptions, 'path' | 'timeoutMs'>,
  lookup: LookupFunction,
): HealthCheckLoop['check'] => {
  return async () => {
    const connect = { timeout: timeoutMs, lookup }
    const client = new Client(origin, { pipelining: 0, connect, allowH2: false })
    try {
      const { statusCode, body } = await client.request({ path, method: 'GET', signal: AbortSignal.timeout(timeoutMs) })
      await body.dump()
      if (statusCode >= 200 && statusCode < 300) return { ok: true }
      return { ok: false, reason: `health check answered ${statusCode}` }
    } catch (error) {
      return { ok: false, reason: reasonOf(error as Error, timeoutMs) }
    } finally {
      // Nothing waits for it, and destroying never rejects.
      void client.destroy()
    }
  }
}

const reasonOf = (error: Error & { code?: unknown }, timeoutMs: number): string =>
  error.name === 'TimeoutError' || error.name === 'ConnectTimeoutError'
    ? `health check took longer than ${timeoutMs} ms`
    : `health check failed: ${error.message || String(error.code)}`
