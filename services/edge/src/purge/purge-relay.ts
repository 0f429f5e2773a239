/** Carries purges to the other worker processes of this edge, and to other points of presence when they share a Redis. */
import { randomUUID } from 'node:crypto'
import type { Log } from '@roundtrip/http'
import type { PurgeBus, PurgeCommand } from '@roundtrip/http-cache'
import { topic, type Topic, type WorkerBus } from '../workers/worker-bus.ts'
import { followSharedLog, type SharedLog } from './shared-log.ts'

interface Note {
  /** The process that has carried it out already. */
  readonly from: string
  readonly command: PurgeCommand
}

const relayedTopic: Topic<Note> = topic('purge.relayed')

const sharedKey = 'roundtrip:edge:purges'

/** Every key begins so. */
const everything: PurgeCommand = { prefix: 'http' }

export interface PurgeRelayOptions {
  readonly bus: WorkerBus
  /** Shared by the points of presence; without one, purges stay within this edge. */
  readonly redis: { readonly url: string; readonly password: string | undefined } | undefined
  readonly log: Log
}

export class PurgeRelay implements PurgeBus {
  readonly #self = randomUUID()
  readonly #bus: WorkerBus
  readonly #log: Log
  readonly #sharedLog: SharedLog<Note> | undefined
  #listener: (command: PurgeCommand) => void = () => undefined

  constructor({ bus, redis, log }: PurgeRelayOptions) {
    this.#bus = bus
    this.#log = log
    bus.subscribe(relayedTopic, (note) => this.#hear(note))
    this.#sharedLog =
      redis &&
      followSharedLog<Note>({
        ...redis,
        key: sharedKey,
        onEntry: (note) => this.#hear(note),
        onGap: () => this.#listener(everything),
        log,
      })
  }

  /** Both ways, as Redis may be away: what comes twice finds nothing left to purge. */
  publish(command: PurgeCommand): void {
    const note = { from: this.#self, command }
    this.#bus.publish(relayedTopic, note)
    this.#sharedLog?.append(note).catch((error: unknown) => {
      this.#log.warn({ error, command }, 'a purge did not reach the other points of presence')
    })
  }

  subscribe(listener: (command: PurgeCommand) => void): () => void {
    this.#listener = listener
    return () => {
      this.#listener = () => undefined
    }
  }

  /** Undefined where there is nothing to be connected to. */
  get isConnected(): boolean | undefined {
    return this.#sharedLog?.isConnected
  }

  close(): void {
    this.#sharedLog?.close()
  }

  #hear({ from, command }: Note): void {
    if (from !== this.#self) this.#listener(command)
  }
}
