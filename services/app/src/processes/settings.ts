/** How many processes an instance has, how long they live, and what they share. */
import { setting } from '@roundtrip/config'

export const processSettings = {
  workers: setting.processes({
    description: 'processes that share the port: a number, or `auto` for one per core; more than one takes Linux',
    default: '1',
  }),
  maxRequests: setting.optional(
    setting.count({
      description: 'requests after which a process is replaced, give or take a tenth; never when unset; takes Linux',
      minimum: 1,
    }),
  ),
  databasePoolMax: setting.count({
    description:
      'most connections to each database node for reads, and again for writes; shared out among the processes',
    default: 8,
    minimum: 2,
  }),
}

/** Of one process: what there is divided by who shares it; two at least, as the relay holds one while it publishes. */
export const shareOf = (total: number, processes: number): number => Math.max(2, Math.floor(total / processes))
