/** The workplace of an edge that is one of several workers. */
import type { Log } from '@roundtrip/http'
import { joinGroup, type Channel } from '@roundtrip/worker-group'
import { settleWithParent } from './shared-counts.ts'
import type { Briefing, Workplace } from './workplace.ts'

/** @param channel to the parent: `process` in a forked child */
export const workInGroup = async (channel: Channel, log: Log): Promise<Workplace> => {
  const { bus, briefing, socketOf, onCover } = await joinGroup(channel, log)
  const { ticketKeys, settings } = briefing as Briefing
  const settle = settleWithParent(bus)
  return { bus, settings, ticketKeys: Buffer.from(ticketKeys), settle, source: socketOf, onCover }
}
