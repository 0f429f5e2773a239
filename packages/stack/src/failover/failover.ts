/** A failover, step by step: one primary at any time, and every acknowledged change in the new one. */
import { RoundtripError } from '@roundtrip/errors'
import type { FailoverOptions, FailoverReport, FailoverStep } from '../database-control.ts'
import { withClient } from '../postgres/connect.ts'
import { promote, provesToTakeWrites } from '../postgres/promotion.ts'
import type { SupervisedInstance } from '../supervised-instance.ts'
import { chooseReplica } from './choose-replica.ts'
import { serverOf, type Cluster } from './cluster.ts'
import { completeLog, throwUnlessLossIsAccepted } from './complete-log.ts'
import { appFollows, appReadsAgain, bringBack, keepLogFor } from './follow.ts'
import { prepareToStop, stopFormer } from './stop-former.ts'

/** What happened when, since the failover began. */
class Steps {
  readonly #cluster: Cluster
  readonly #beganMs: number
  readonly list: FailoverStep[] = []

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.#beganMs = cluster.clock()
  }

  /** @returns when that was */
  add(what: string): number {
    const atMs = this.#cluster.clock() - this.#beganMs
    this.list.push({ atMs: Math.round(atMs), what })
    this.#cluster.onStep(what)
    return atMs
  }
}

interface Handover {
  readonly former: FailoverReport['former']
  readonly lost: FailoverReport['lost']
  readonly stoppedAtMs: number
  readonly promotedAtMs: number
}

/** @throws RoundtripError `FAILOVER_REFUSED`: nothing has changed; `FAILOVER_FAILED`, which says who is the primary */
export const failover = async (
  cluster: Cluster,
  { to, acceptLoss = false }: FailoverOptions,
): Promise<FailoverReport> => {
  const steps = new Steps(cluster)
  const former = serverOf(cluster, cluster.roles.primary)
  const { server: target, missingBytes } = await chooseReplica(cluster, to)
  steps.add(`${target.name} is to take over${missingBytes === undefined ? '' : `, ${missingBytes} bytes behind`}`)
  await keepLogFor(cluster, target.name)
  if (missingBytes !== undefined) await prepareToStop(cluster, former)
  const handover = await handOver(cluster, former, target, acceptLoss, steps)
  const { timeline, position } = await newTimeline(cluster, target.name)
  const warnings: string[] = []
  const writableAtMs = await follow(cluster, target, steps, warnings)
  await bringBackIfItCan(cluster, former, steps, warnings)
  return {
    from: former.name,
    to: target.name,
    former: handover.former,
    lost: handover.lost,
    timeline,
    position,
    steps: steps.list,
    writableAfterMs: Math.round(writableAtMs - handover.promotedAtMs),
    writesStoppedMs: Math.round(writableAtMs - handover.stoppedAtMs),
    totalMs: steps.list.at(-1)?.atMs ?? 0,
    warnings,
  }
}

/** Until the new roles are written down all of it can be undone; from then on it is carried out, by the next start at the latest. */
const handOver = async (
  cluster: Cluster,
  former: SupervisedInstance,
  target: SupervisedInstance,
  acceptLoss: boolean,
  steps: Steps,
): Promise<Handover> => {
  const wasUp = former.state !== 'stopped' && former.state !== 'failed'
  try {
    return await cluster.roles.whileChanging(async () => {
      const stoppedAtMs = steps.add(`${former.name} is asked to stop`)
      const ended = await stopFormer(cluster, former)
      steps.add(`${former.name} ${endings[ended]}`)
      const completeness = await completeLog(cluster, former.name, target.name)
      if (completeness === 'unknown') throwUnlessLossIsAccepted(former.name, target.name, acceptLoss)
      steps.add(`${target.name} ${completions[completeness]}`)
      cluster.roles.setPrimary(target.name)
      const promotedAtMs = steps.add(`${target.name} is promoted`)
      await promote(cluster.configOf(target.name))
      const lost = completeness === 'unknown' ? 'unknown' : 'nothing'
      return { former: ended, lost, stoppedAtMs, promotedAtMs }
    })
  } catch (error) {
    throw await undone(cluster, former, target, wasUp, error)
  }
}

const endings = {
  'shut-down': 'has shut down',
  killed: 'did not shut down in time and was killed',
  'dead-before': 'was not running',
} as const

const completions = {
  received: 'has every change',
  'on-disk': 'reads the last changes from the disk of the former primary',
  unknown: 'may lack the last changes',
} as const

const undone = async (
  { roles }: Cluster,
  former: SupervisedInstance,
  target: SupervisedInstance,
  wasUp: boolean,
  cause: unknown,
): Promise<RoundtripError> => {
  const reason = cause instanceof Error ? cause.message : String(cause)
  if (roles.primary === target.name) {
    const message = `${target.name} is to be the primary, but was not promoted: ${reason} ./roundtrip restart ${target.name} does it.`
    return new RoundtripError('FAILOVER_FAILED', message, { cause })
  }
  const isBack =
    wasUp &&
    (await former.start().then(
      () => true,
      () => false,
    ))
  const now = isBack ? `${former.name} is the primary again.` : `${former.name} is the primary still, and not running.`
  return new RoundtripError('FAILOVER_FAILED', `${reason} ${now}`, { cause })
}

const newTimeline = (cluster: Cluster, name: string): Promise<Pick<FailoverReport, 'timeline' | 'position'>> =>
  withClient(cluster.configOf(name), async (client) => {
    const { rows } = await client.query<{ timeline: string; position: string }>(
      `select left(pg_walfile_name(pg_current_wal_lsn()), 8) as timeline, pg_current_wal_flush_lsn()::text as position`,
    )
    const { timeline = '0', position = '' } = rows[0] ?? {}
    return { timeline: Number.parseInt(timeline, 16), position }
  })

/** @returns when the first write was good */
const follow = async (
  cluster: Cluster,
  target: SupervisedInstance,
  steps: Steps,
  warnings: string[],
): Promise<number> => {
  await provesToTakeWrites(cluster.configOf(target.name))
  const directAtMs = steps.add(`${target.name} takes writes`)
  const times = await Promise.all(
    readyApps(cluster).map(async ({ instance: { name }, origin }) => {
      if (await appFollows(cluster, origin)) return steps.add(`${name} takes writes`)
      warnings.push(`${name} has not found the new primary yet: see ./roundtrip logs ${name}.`)
      return undefined
    }),
  )
  const good = times.filter((time) => time !== undefined)
  return good.length === 0 ? directAtMs : Math.min(...good)
}

const readyApps = ({ apps }: Cluster): Cluster['apps'] => apps.filter(({ instance }) => instance.state === 'ready')

/** The failover is done by then: what keeps the former primary away is told, not thrown. */
const bringBackIfItCan = async (
  cluster: Cluster,
  former: SupervisedInstance,
  steps: Steps,
  warnings: string[],
): Promise<void> => {
  const { name } = former
  try {
    if (!(await bringBack(cluster, former))) {
      warnings.push(`${name} runs as a replica, but is not connected yet: see ./roundtrip db status.`)
      return
    }
    steps.add(`${name} follows as a replica`)
    await Promise.all(readyApps(cluster).map(({ origin }) => appReadsAgain(cluster, origin)))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    warnings.push(`${name} did not come back as a replica: ${reason} Try ./roundtrip start ${name}.`)
  }
}
