/** Active health checks: each member is asked at an interval whether it can work, apart from the traffic. */
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { RoundtripError } from '@roundtrip/errors'
import { Fields, type HttpRequest } from '@roundtrip/http'
import type { SendOptions, Transport } from './client/transport.ts'
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
}

/** Whether two checks tell the same of a member, however often they are made. */
export const asksTheSame = (one: HttpCheckOptions, other: HttpCheckOptions): boolean =>
  one.path === other.path &&
  one.host === other.host &&
  one.timeoutMs === other.timeoutMs &&
  String(one.expectedStatuses) === String(other.expectedStatuses)

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

/**
 * Asks over a connection of its own each time: a check must show that new connections are answered.
 *
 * @param connect makes one to the member as its requests go: the same protocol, certificates and PROXY header
 */
export const httpCheck =
  (origin: string, options: HttpCheckOptions, connect: () => Transport): HealthCheckLoop['check'] =>
  async () => {
    const transport = connect()
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(new RoundtripError('UPSTREAM_TIMEOUT')), options.timeoutMs)
    try {
      const { status, body } = await transport.send(requestOf(origin, options), { context, signal: deadline.signal })
      if (body instanceof Readable) await finished(body.resume())
      if (passes(status, options)) return { ok: true }
      return { ok: false, reason: `health check answered ${status}`, isAnswered: true }
    } catch (error) {
      return { ok: false, reason: reasonOf(error as RoundtripError, options.timeoutMs) }
    } finally {
      clearTimeout(timer)
      transport.destroy()
    }
  }

/** Nobody stands behind a check: a PROXY header says so too. */
const context: SendOptions['context'] = {
  client: 'unknown',
  downstream: { address: 'unknown', port: 0 },
  onAbandoned: () => {},
}

const requestOf = (origin: string, { path, host }: HttpCheckOptions): HttpRequest => {
  const url = new URL(origin)
  return {
    method: 'GET',
    target: path,
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    authority: host ?? url.host,
    fields: Fields.of({ 'user-agent': 'roundtrip-health-check' }),
    body: undefined,
    httpVersion: '1.1',
  }
}

const passes = (status: number, { expectedStatuses = [] }: HttpCheckOptions): boolean =>
  expectedStatuses.length === 0 ? status >= 200 && status < 300 : expectedStatuses.includes(status)

const reasonOf = ({ code, message, cause }: RoundtripError, timeoutMs: number): string =>
  code === 'UPSTREAM_TIMEOUT' || code === 'CONNECT_TIMEOUT'
    ? `health check took longer than ${timeoutMs} ms`
    : `health check failed: ${cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : message}`
