/** A failover from its beginning to the former primary's return: one primary at any time, with every acknowledged change. */
import { RoundtripError } from '@roundtrip/errors'
import type { FailoverOptions, FailoverReport } from '../database-control.ts'
import { writeOnce } from '../postgres/promotion.ts'
import type { SupervisedInstance } from '../supervised-instance.ts'
import { chooseReplica } from './choose-replica.ts'
import { serverOf, within, type Cluster } from './cluster.ts'
import { appFollows, appReadsAgain, bringBack } from './follow.ts'
import { handOver } from './hand-over.ts'
import { Steps } from './steps.ts'

const writeTimeoutMs = 10_000

/** @throws RoundtripError `FAILOVER_REFUSED`: nothing has changed; `FAILOVER_FAILED`, which says who is the primary */
export const failover = async (
  cluster: Cluster,
  { to, acceptLoss = false }: FailoverOptions,
): Promise<FailoverReport> => {
  const steps = new Steps(cluster)
  const warnings: string[] = []
  const former = serverOf(cluster, cluster.roles.primary)
  const { server: target, missingBytes } = await chooseReplica(cluster, to)
  steps.add(`${target.name} is to take over${missingBytes === undefined ? '' : `, ${missingBytes} bytes behind`}`)
  const parties = { former, target, answers: missingBytes !== undefined, acceptLoss }
  const { stoppedAtMs, promotedAtMs, ...handover } = await handOver(cluster, parties, steps)
  const newTimeline = await takesWrites(cluster, target.name)
  const directAtMs = steps.add(`${target.name} takes writes`)
  const writableAtMs = (await appsFollow(cluster, steps, warnings)) ?? directAtMs
  await bringBackIfItCan(cluster, former, steps, warnings)
  return {
    from: former.name,
    to: target.name,
    ...handover,
    ...newTimeline,
    steps: steps.list,
    writableAfterMs: Math.round(writableAtMs - promotedAtMs),
    writesStoppedMs: Math.round(writableAtMs - stoppedAtMs),
    totalMs: steps.list.at(-1)?.atMs ?? 0,
    warnings,
  }
}

const takesWrites = async (cluster: Cluster, name: string): Promise<Pick<FailoverReport, 'timeline' | 'position'>> => {
  let written: Awaited<ReturnType<typeof writeOnce>> | undefined
  await within(cluster, writeTimeoutMs, async () => {
    written = await writeOnce(cluster.configOf(name))
    return true
  })
  if (written !== undefined) return written
  throw new RoundtripError(
    'FAILOVER_FAILED',
    `${name} is the primary now, but takes no writes: see ./roundtrip logs ${name}.`,
  )
}

const readyApps = ({ apps }: Cluster): Cluster['apps'] => apps.filter(({ instance }) => instance.state === 'ready')

/** @returns when the first of them took writes; undefined when none runs, or none does */
const appsFollow = async (cluster: Cluster, steps: Steps, warnings: string[]): Promise<number | undefined> => {
  let firstAtMs: number | undefined
  const follow = async (name: string, origin: string): Promise<void> => {
    if (await appFollows(cluster, origin)) {
      const atMs = steps.add(`${name} takes writes`)
      firstAtMs ??= atMs
    } else warnings.push(`${name} has not found the new primary yet: see ./roundtrip logs ${name}.`)
  }
  await Promise.all(readyApps(cluster).map(({ instance, origin }) => follow(instance.name, origin)))
  return firstAtMs
}

/** The failover is done by then: what keeps the former primary away is told, not thrown. */
const bringBackIfItCan = async (
  cluster: Cluster,
  former: SupervisedInstance,
  steps: Steps,
  warnings: string[],
): Promise<void> => {
  const { name } = former
  if (cluster.isClosing()) {
    warnings.push(`${name} was not started as a replica, since the stack is stopping: the next start does it.`)
    return
  }
  try {
    if (!(await bringBack(cluster, former))) {
      warnings.push(`${name} runs as a replica, but is not connected yet: see ./roundtrip db status.`)
      return
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    warnings.push(`${name} did not come back as a replica: ${reason} Try ./roundtrip start ${name}.`)
    return
  }
  steps.add(`${name} follows as a replica`)
  await Promise.all(readyApps(cluster).map(({ origin }) => appReadsAgain(cluster, origin)))
}
