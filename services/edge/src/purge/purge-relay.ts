/** Carries purges to the other worker processes of this edge, and to other points of presence when they share a Redis. */
import { randomUUID } from 'node:crypto'
import { purgeLogKey } from '@roundtrip/contracts'
import type { Log } from '@roundtrip/http'
import type { PurgeBus, PurgeCommand } from '@roundtrip/http-cache'
import { topic, type Topic, type WorkerBus } from '@roundtrip/worker-group'
import { NotesHeard } from './notes-heard.ts'
import { followSharedLog, type SharedLog } from './shared-log.ts'

/** A purge on its way. It comes by the bus, and again by Redis: who has heard it knows it by its sender and number. */
export interface PurgeNote {
  readonly from: string
  /** Of this sender, from 1, each once. */
  readonly sequence: number
  readonly command: PurgeCommand
}

const relayedTopic: Topic<PurgeNote> = topic('purge.relayed')

/** Every key begins so. */
const everything: PurgeCommand = { prefix: 'http' }

/** Purges that wait for Redis to come back; more of them become one of everything. */
const mostWaiting = 1000

type OpenLog = (heard: {
  readonly onEntry: (note: PurgeNote) => void
  readonly onGap: () => void
}) => SharedLog<PurgeNote> | undefined

export interface PurgeRelayOptions {
  readonly bus: WorkerBus
  /** Shared by the points of presence; without one, purges stay within this edge. */
  readonly openLog: OpenLog
  readonly log: Log
}

/** @param redis none when undefined */
export const redisLog =
  (redis: { readonly url: string; readonly password: string | undefined } | undefined, log: Log): OpenLog =>
  (heard) =>
    redis && followSharedLog<PurgeNote>({ ...redis, ...heard, key: purgeLogKey, log })

export class PurgeRelay implements PurgeBus {
  /** Names this process. */
  readonly id: string = randomUUID()
  readonly #bus: WorkerBus
  readonly #log: Log
  readonly #heard = new NotesHeard()
  readonly #sharedLog: SharedLog<PurgeNote> | undefined
  #listener: (command: PurgeCommand) => number = () => 0
  #sequence = 0
  #waiting = 0
  /** Whether an entry that means everything waits, behind which nothing more need be told. */
  #owesEverything = false
  #isClosed = false

  constructor({ bus, openLog, log }: PurgeRelayOptions) {
    this.#bus = bus
    this.#log = log
    bus.subscribe(relayedTopic, (note) => void this.carryOut(note))
    this.#sharedLog = openLog({
      onEntry: (note) => void this.carryOut(note),
      onGap: () => void this.#listener(everything),
    })
  }

  /** Both ways, as Redis may be away. */
  publish(command: PurgeCommand): void {
    const note = this.#note(command)
    this.#bus.publish(relayedTopic, note)
    void this.share(note)
  }

  subscribe(listener: (command: PurgeCommand) => number): () => void {
    this.#listener = listener
    return () => {
      this.#listener = () => 0
    }
  }

  /** In this process, once. @returns how many stored responses were meant; 0 for what was heard before */
  carryOut(note: PurgeNote): number {
    return this.#heard.isNew(note) ? this.#listener(note.command) : 0
  }

  /** Tells the other points of presence. @returns whether they can hear it now: not when it waits for Redis */
  async share(note: PurgeNote): Promise<boolean> {
    if (this.#sharedLog === undefined || this.#owesEverything) return false
    const isLast = this.#waiting >= mostWaiting
    this.#owesEverything = isLast
    this.#waiting++
    try {
      await this.#sharedLog.append(isLast ? this.#note(everything) : note)
      return true
    } catch (error) {
      if (!this.#isClosed)
        this.#log.warn({ error, command: note.command }, 'a purge did not reach the other points of presence')
      return false
    } finally {
      this.#waiting--
      if (isLast) this.#owesEverything = false
    }
  }

  /** Undefined where there is nothing to be connected to. */
  get isConnected(): boolean | undefined {
    return this.#sharedLog?.isConnected
  }

  /** Purges that Redis has not taken yet. */
  get waiting(): number {
    return this.#waiting
  }

  close(): void {
    this.#isClosed = true
    this.#sharedLog?.close()
  }

  /** Of our own, which this process has carried out. */
  #note(command: PurgeCommand): PurgeNote {
    const note = { from: this.id, sequence: ++this.#sequence, command }
    this.#heard.isNew(note)
    return note
  }
}
