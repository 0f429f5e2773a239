/** How long each kind of waiting may last on a connection: one small predicate each, asked once a second. */
import type { Http1Settings } from './limits.ts'

/** What a connection is doing: waiting for or reading a head, answering, reading an unwanted rest, or closing. */
export type Phase = 'head' | 'busy' | 'rest' | 'closing' | 'closed'

/** One connection as the sweep sees it; times in milliseconds. */
export interface Waiting {
  readonly phase: Phase
  /** A head has begun to arrive. */
  readonly isHeadPartial: boolean
  /** In this phase; while a head arrives, since its first octet. */
  readonly inPhaseMs: number
  /** Nothing arrived. */
  readonly silentMs: number
  /** Next to nothing left although something waits to leave; 0 when nothing does. */
  readonly writeStalledMs: number
  /** How long a body has been waited for, and what came of it. */
  readonly bodyWaitedMs: number
  readonly bodyBytes: number
}

const isHeadLate = ({ phase, isHeadPartial, inPhaseMs }: Waiting, limits: Http1Settings): boolean =>
  phase === 'head' && isHeadPartial && inPhaseMs >= limits.headerTimeoutMs

const isIdle = ({ phase, isHeadPartial, inPhaseMs }: Waiting, limits: Http1Settings): boolean =>
  phase === 'head' && !isHeadPartial && inPhaseMs >= limits.idleTimeoutMs

/** Only time counts in which we were ready to read: a slow next hop is not the client's fault. */
const isBodySlow = ({ bodyWaitedMs, bodyBytes }: Waiting, limits: Http1Settings): boolean =>
  bodyWaitedMs > limits.bodyGraceMs &&
  bodyBytes < ((bodyWaitedMs - limits.bodyGraceMs) / 1000) * limits.minBodyBytesPerSecond

const isWriteStalled = ({ writeStalledMs }: Waiting, limits: Http1Settings): boolean =>
  writeStalledMs >= limits.writeStallMs

const isSilentWhileBusy = ({ phase, silentMs }: Waiting, limits: Http1Settings): boolean =>
  (phase === 'busy' || phase === 'rest') && silentMs >= limits.busyTimeoutMs

/** An answer that is still leaving keeps the connection; only the client's side is waited for no longer. */
const isLingeringOver = ({ phase, inPhaseMs, writeStalledMs }: Waiting, limits: Http1Settings): boolean =>
  phase === 'closing' && writeStalledMs === 0 && inPhaseMs >= limits.lingerMs

/** What is to be done about a connection that has kept us waiting too long. */
export type Verdict = 'refuse' | 'close' | 'break-off' | undefined

export const judge = (waiting: Waiting, limits: Http1Settings): Verdict => {
  if (isWriteStalled(waiting, limits) || isSilentWhileBusy(waiting, limits) || isLingeringOver(waiting, limits)) {
    return 'break-off'
  }
  if (isHeadLate(waiting, limits) || isBodySlow(waiting, limits)) return 'refuse'
  return isIdle(waiting, limits) ? 'close' : undefined
}
