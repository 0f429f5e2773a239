/** A worker's way in: says hello to its parent, hears its assignment, and works from then on as told. */
import type { Log } from '@roundtrip/http'
import { BusLink } from './bus-link.ts'
import type { Assignment, InheritedSockets, ToParent, ToWorker } from './messages.ts'
import { reportFigures } from './topics.ts'
import type { WorkerBus } from './worker-bus.ts'

/** The channel to the parent: `process` in a forked child. */
export interface Channel {
  on(event: 'message', listener: (message: unknown) => void): unknown
  send?(message: ToParent, callback: (error: Error | null) => void): unknown
}

/** A socket that the parent has bound. */
export interface InheritedSocket {
  readonly fd: number
}

/** Takes connections from one more socket. @returns how to take no more of them */
export type AcceptFrom = (socket: InheritedSocket) => Promise<() => void>

export interface Membership {
  readonly bus: WorkerBus
  /** From 1. */
  readonly slot: number
  /** What the parent tells all of its workers. */
  readonly briefing: unknown
  /** @param listener its name, among the addresses of the group */
  readonly socketOf: (listener: string) => InheritedSocket
  /** `accept` is called when the connections of a lost worker are to be taken too; what it resolves with ends that again. */
  readonly onCover: (listener: string, accept: AcceptFrom) => void
}

export const joinGroup = async (channel: Channel, log: Log): Promise<Membership> => {
  // A parent that is gone takes this process with it; what was to be said to it does not matter any more.
  const send = (message: ToParent): void => void channel.send?.(message, () => undefined)
  const bus = new BusLink(log, send)
  const covers = new Covers(log)
  const assigned = Promise.withResolvers<Assignment>()
  channel.on('message', (message) => {
    const told = message as ToWorker
    if (told.type === 'assignment') assigned.resolve(told)
    else if (told.type === 'cover') covers.begin(told.slot)
    else if (told.type === 'uncover') covers.end(told.slot)
    else bus.hear(told)
  })
  send({ type: 'hello' })
  const { slot, sockets, briefing } = await assigned.promise
  covers.sockets = sockets
  reportFigures(bus, slot)
  return {
    bus,
    slot,
    briefing,
    socketOf: (listener) => ({ fd: sockets[listener]?.[slot - 1]?.[0] ?? -1 }),
    onCover: (listener, accept) => covers.add(listener, accept),
  }
}

/** Slots of others whose connections this worker takes too. */
class Covers {
  sockets: InheritedSockets = {}
  readonly #log: Log
  readonly #accepts = new Map<string, AcceptFrom>()
  readonly #active = new Map<number, Promise<() => void>[]>()
  /** By slot: ending a cover closes the descriptors that it began with. */
  readonly #begun = new Map<number, number>()

  constructor(log: Log) {
    this.#log = log
  }

  add(listener: string, accept: AcceptFrom): void {
    this.#accepts.set(listener, accept)
  }

  begin(slot: number): void {
    if (this.#active.has(slot)) return
    const times = this.#begun.get(slot) ?? 0
    this.#begun.set(slot, times + 1)
    const begun = [...this.#accepts].map(([name, accept]) => accept({ fd: this.#copiesOf(name, slot)[times] ?? -1 }))
    this.#active.set(slot, begun)
    Promise.all(begun).catch((error: unknown) =>
      this.#log.error({ error, slot }, 'connections of another worker cannot be taken'),
    )
  }

  /** With the last descriptors in use, goes on beside the worker of the slot: next time there would be none. */
  end(slot: number): void {
    if (this.#isLast(slot)) return
    for (const begun of this.#active.get(slot) ?? []) {
      begun.then(
        (stop) => stop(),
        () => undefined,
      )
    }
    this.#active.delete(slot)
  }

  #copiesOf(listener: string, slot: number): readonly number[] {
    return this.sockets[listener]?.[slot - 1] ?? []
  }

  #isLast(slot: number): boolean {
    const begun = this.#begun.get(slot) ?? 0
    return [...this.#accepts.keys()].some((name) => begun >= this.#copiesOf(name, slot).length)
  }
}
