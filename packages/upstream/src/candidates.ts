/** Who may be given work, and how much relative to the others: health, panic, zones and slow start on one page. */
import type { Member } from './member.ts'
import type { Candidate } from './selection/selection.ts'

export interface CandidatePolicy {
  /** Share of healthy members below which others are used too: all, or with none healthy those who answer; 0 never does. */
  readonly panicThresholdPercent: number
  /** Where this process stands. */
  readonly zone?: string | undefined
  /** Over how long a member takes up its share; 0 gives it at once. */
  readonly slowStartMs: number
  /** Milliseconds since the epoch. */
  readonly nowMs: number
}

export interface Candidates {
  /** Whom to choose from. */
  readonly preferred: readonly Candidate[]
  /** Also those of other zones, for a request that all preferred ones have failed. */
  readonly usable: readonly Member[]
  /** For a request that all usable ones have failed, and when there are none: put aside for their answers, but they do answer. */
  readonly lastResort: readonly Member[]
  readonly isPanic: boolean
  /** Whether somebody's share is still growing, so that time alone changes the weights. */
  readonly isRamping: boolean
}

/** Healthy capacity counts this much: a zone keeps all its traffic until over a quarter of it is out (Envoy's default). */
const overprovisioning = 1.4

/** Least part of its share that a member begins with, so that it is warmed up by something. */
const leastRamp = 0.1

const mayHaveWork = ({ isDraining, weight }: Member): boolean => !isDraining && weight > 0

/** What it answers may be the fault of somebody behind it, whom the others stand on as well. */
const isEjectedForAnswers = ({ health, ejection }: Member): boolean =>
  ejection.isEjected && !ejection.isForSilence && health.state === 'healthy'

/** Whatever it was that it answered, last to a check or before it was ejected. */
const answersAtLeast = ({ health, ejection }: Member): boolean =>
  health.answers && !(ejection.isEjected && ejection.isForSilence)

const areTooFew = (healthy: number, all: number, thresholdPercent: number): boolean =>
  healthy < all && (healthy / all) * 100 < thresholdPercent

/**
 * So few could not carry the load, and that many are hardly wrong each for itself. Where nobody is healthy, what all fail
 * may be the check itself, so whoever answers is used; but to fail at once is better than to wait for those who do not.
 */
const usedInPanic = (eligible: readonly Member[], healthy: readonly Member[]): readonly Member[] =>
  healthy.length > 0 ? eligible : eligible.filter(answersAtLeast)

export const candidatesOf = (members: readonly Member[], policy: CandidatePolicy): Candidates => {
  const eligible = members.filter(mayHaveWork)
  const healthy = eligible.filter(({ isHealthy }) => isHealthy)
  const isTooFew = areTooFew(healthy.length, eligible.length, policy.panicThresholdPercent)
  const usable = isTooFew ? usedInPanic(eligible, healthy) : healthy
  const isPanic = isTooFew && usable.length > 0
  const isRamping = usable.some((member) => rampOf(member, policy) < 1)
  const ramped = usable.map((member) => ({ member, weight: member.weight * rampOf(member, policy) }))
  const preferred = isPanic ? ramped : byZone(ramped, eligible, policy.zone)
  return { preferred, usable, lastResort: isPanic ? [] : eligible.filter(isEjectedForAnswers), isPanic, isRamping }
}

/** Grows in a line over the window. */
const rampOf = ({ rampFromMs }: Member, { slowStartMs, nowMs }: CandidatePolicy): number =>
  slowStartMs === 0 ? 1 : Math.min(1, Math.max(leastRamp, (nowMs - rampFromMs) / slowStartMs))

const weightOf = (candidates: readonly Candidate[]): number => candidates.reduce((sum, { weight }) => sum + weight, 0)

/** The same zone as long as its healthy capacity suffices; what it lacks goes to the others by their weight. */
const byZone = (
  candidates: readonly Candidate[],
  eligible: readonly Member[],
  zone: string | undefined,
): readonly Candidate[] => {
  if (zone === undefined) return candidates
  const own = candidates.filter(({ member }) => member.zone === zone)
  const others = candidates.filter(({ member }) => member.zone !== zone)
  if (own.length === 0 || others.length === 0) return candidates
  const capacity = eligible.reduce((sum, member) => sum + (member.zone === zone ? member.weight : 0), 0)
  const share = Math.min(1, (weightOf(own) / capacity) * overprovisioning)
  if (share >= 1) return own
  const factor = ((1 - share) / share) * (weightOf(own) / weightOf(others))
  return [...own, ...others.map(({ member, weight }) => ({ member, weight: weight * factor }))]
}
