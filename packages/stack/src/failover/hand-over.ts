/** From one primary to the next: until the new roles are written down all can be undone, from then on it is carried out. */
import { RoundtripError } from '@roundtrip/errors'
import type { FailoverReport } from '../database-control.ts'
import { promote, readWalOfNobody } from '../postgres/promotion.ts'
import type { SupervisedInstance } from '../supervised-instance.ts'
import { within, type Cluster } from './cluster.ts'
import { completeLog, lossNotAccepted } from './complete-log.ts'
import { keepLogForNobody, keepLogForOthers } from './follow.ts'
import type { Steps } from './steps.ts'
import { prepareToStop, stopFormer } from './stop-former.ts'

export interface Handover extends Pick<FailoverReport, 'former' | 'lost'> {
  /** Since the failover began. */
  readonly stoppedAtMs: number
  readonly promotedAtMs: number
}

export interface Parties {
  readonly former: SupervisedInstance
  readonly target: SupervisedInstance
  /** Of the former primary: whether it answers. */
  readonly answers: boolean
  readonly acceptLoss: boolean
}

/** @throws RoundtripError `FAILOVER_FAILED`, which says who is the primary */
export const handOver = async (cluster: Cluster, parties: Parties, steps: Steps): Promise<Handover> => {
  const { former, target } = parties
  const wasUp = former.state !== 'stopped' && former.state !== 'failed'
  try {
    return await cluster.roles.whileChanging(() => changeRoles(cluster, parties, steps))
  } catch (error) {
    if (cluster.roles.primary !== target.name) throw await undone(cluster, parties, wasUp, error)
    throw failed(
      `${sentence(error)} ${target.name} is to be the primary: ./roundtrip restart ${target.name} makes it.`,
      error,
    )
  }
}

const changeRoles = async (
  cluster: Cluster,
  { former, target, answers, acceptLoss }: Parties,
  steps: Steps,
): Promise<Handover> => {
  await keepLogForOthers(cluster, target.name)
  if (answers) await prepareToStop(cluster, former)
  const stoppedAtMs = steps.add(`${former.name} is asked to stop`)
  const ended = await stopFormer(cluster, former)
  steps.add(`${former.name} ${endings[ended]}`)
  const completeness = await completeLog(cluster, former.name, target.name)
  if (completeness === 'unknown' && !acceptLoss) throw lossNotAccepted(former.name, target.name)
  steps.add(`${target.name} ${completions[completeness]}`)
  cluster.roles.setPrimary(target.name)
  const promotedAtMs = steps.add(`${target.name} is promoted`)
  await promote(cluster.configOf(target.name)).catch((error: unknown) => startAsPrimary(cluster, target, error))
  return { former: ended, lost: completeness === 'unknown' ? 'unknown' : 'nothing', stoppedAtMs, promotedAtMs }
}

const endings = {
  'shut-down': 'has shut down',
  killed: 'did not shut down in order and was killed',
  'dead-before': 'was not running',
} as const

const completions = {
  received: 'has every change',
  'on-disk': 'reads the last changes from the disk of the former primary',
  unknown: 'may lack the last changes',
} as const

const deathNoticeMs = 1_000

/** It crashed in that moment: a start of what is written down as the primary promotes it. */
const startAsPrimary = async (cluster: Cluster, target: SupervisedInstance, cause: unknown): Promise<void> => {
  // A connection that breaks is known of before the end of its server.
  const isDead = await within(cluster, deathNoticeMs, () => target.state !== 'ready')
  if (!isDead || cluster.isClosing()) throw cause
  await cluster.roles.exceptFor(target.name, () => target.start())
}

const undone = async (
  cluster: Cluster,
  { former, target }: Parties,
  wasUp: boolean,
  cause: unknown,
): Promise<RoundtripError> => {
  // It may be the one that is gone; its next start makes both anew.
  await Promise.allSettled([keepLogForNobody(cluster, target.name), readWalOfNobody(cluster.configOf(target.name))])
  const isUp = wasUp && !cluster.isClosing() && (await starts(former))
  const state = isUp ? '' : ', and not running'
  return failed(`The failover was called off. ${sentence(cause)} ${former.name} is the primary still${state}.`, cause)
}

const starts = (instance: SupervisedInstance): Promise<boolean> =>
  instance.start().then(
    () => true,
    () => false,
  )

const failed = (message: string, cause: unknown): RoundtripError =>
  new RoundtripError('FAILOVER_FAILED', message, { cause })

/** Those of other programs end without a full stop. */
const sentence = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error)
  return text.endsWith('.') ? text : `${text}.`
}
