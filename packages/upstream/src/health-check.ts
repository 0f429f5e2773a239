/** Active health checks: each member is asked at an interval whether it can work, apart from the traffic. */
import type { LookupFunction } from 'node:net'
import { Client } from 'undici'
import type { TransportOptions } from './client/transport-options.ts'
import type { CheckResult, Thresholds } from './health-state.ts'

export interface HealthCheckOptions extends Thresholds {
  readonly path: string
  readonly intervalMs: number
  /** Until the whole answer is there, connecting included. */
  readonly timeoutMs: number
}

/** What one check asks for, and which answers pass. */
export interface HttpCheckOptions {
  readonly path: string
  /** Until the whole answer is there, connecting included. */
  readonly timeoutMs: number
  /** Host field; the member's own host and port by default. */
  readonly host?: string | undefined
  /** Any of 200 to 299 when there are none. */
  readonly expectedStatuses?: readonly number[]
  /** For `https:` members. */
  readonly tls?: TransportOptions['tls']
}

/** Runs a task once after a delay; the result calls it off. */
export type Schedule = (task: () => void, delayMs: number) => () => void

export interface HealthCheckLoop {
  /** Never rejects. */
  readonly check: () => Promise<CheckResult>
  readonly onResult: (result: CheckResult) => void
  /** Asked after each result, as it may depend on the member's state. */
  readonly intervalMs: () => number
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
      cancel = schedule(run, intervalMs() * (1 - jitter + 2 * jitter * random()))
    })
  }
  run()
  return () => {
    stopped = true
    cancel?.()
  }
}

/** Asks over a connection of its own each time: a check must show that new connections are answered. */
export const httpCheck =
  (origin: string, options: HttpCheckOptions, lookup: LookupFunction): HealthCheckLoop['check'] =>
  async () => {
    const { path, timeoutMs, host, tls } = options
    const connect = { timeout: timeoutMs, lookup, ...tlsOf(tls) }
    const client = new Client(origin, { pipelining: 0, connect, allowH2: false })
    try {
      const { statusCode, body } = await client.request({
        path,
        method: 'GET',
        signal: AbortSignal.timeout(timeoutMs),
        ...(host !== undefined && { headers: { host } }),
      })
      await body.dump()
      if (passes(statusCode, options)) return { ok: true }
      return { ok: false, reason: `health check answered ${statusCode}` }
    } catch (error) {
      return { ok: false, reason: reasonOf(error as Error, timeoutMs) }
    } finally {
      // Nothing waits for it, and destroying never rejects.
      void client.destroy()
    }
  }

const passes = (status: number, { expectedStatuses = [] }: HttpCheckOptions): boolean =>
  expectedStatuses.length === 0 ? status >= 200 && status < 300 : expectedStatuses.includes(status)

const tlsOf = ({ ca, certificate, key, serverName }: NonNullable<TransportOptions['tls']> = {}) => ({
  ...(ca !== undefined && { ca }),
  ...(certificate !== undefined && { cert: certificate }),
  ...(key !== undefined && { key }),
  ...(serverName !== undefined && { servername: serverName }),
})

const reasonOf = (error: Error & { code?: unknown }, timeoutMs: number): string =>
  error.name === 'TimeoutError' || error.name === 'ConnectTimeoutError'
    ? `health check took longer than ${timeoutMs} ms`
    : `health check failed: ${error.message || String(error.code)}`
