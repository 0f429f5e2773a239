/** The buses of worker processes that are joined by their parent, all in this process. */
import { recordingLog } from '@roundtrip/http/testing'
import { BusHub } from '../bus-hub.ts'
import { BusLink } from '../bus-link.ts'
import type { ToParent, ToWorker } from '../messages.ts'

export interface JoinedBuses {
  readonly parent: BusHub
  readonly workers: readonly BusLink[]
  /** What went over the channels to workers, by topic. */
  readonly delivered: string[]
}

export const joinedBuses = (count: number): JoinedBuses => {
  const log = recordingLog()
  const parent = new BusHub(log)
  const delivered: string[] = []
  const workers = Array.from({ length: count }, () => {
    const member = {
      send: (message: ToWorker): void => {
        if (message.type === 'deliver') delivered.push(message.topic)
        queueMicrotask(() => link.hear(structuredClone(message)))
      },
    }
    const link = new BusLink(log, (message: ToParent) =>
      queueMicrotask(() => parent.hear(member, structuredClone(message))),
    )
    parent.join(member)
    return link
  })
  return { parent, workers, delivered }
}
