/** All workers of one service: kept at their number, replaced one by one without losing a connection, drained together. */
import { RoundtripError } from '@roundtrip/errors'
import type { Log } from '@roundtrip/http'
import { recoveredAfterMs, restartDelayMs } from './backoff.ts'
import { BusHub } from './bus-hub.ts'
import { workerEndedTopic } from './topics.ts'
import type { Exit, WorkerProcess } from './worker-process.ts'

export interface WorkerGroupOptions {
  readonly count: number
  /** Forks the worker of a slot. */
  readonly spawn: (slot: number) => WorkerProcess
  /** The parent's end; of the group's own by default. */
  readonly bus?: BusHub
  readonly log: Log
  readonly clock?: () => number
  /** Calls back once. @returns how to call it off; node's timers by default */
  readonly delay?: (work: () => void, afterMs: number) => () => void
}

export interface WorkerStatus {
  /** From 1. */
  readonly slot: number
  readonly pid: number | undefined
  readonly state: 'starting' | 'ready' | 'waiting'
  readonly uptimeMs: number
  /** Replacements after it ended by itself. */
  readonly crashes: number
}

interface Slot {
  readonly number: number
  worker: WorkerProcess | undefined
  isReady: boolean
  since: number
  crashes: number
  /** Of late, in a row. */
  failures: number
  /** Who takes the connections of this slot while it has no worker. */
  coveredBy: WorkerProcess | undefined
}

export class WorkerGroup {
  readonly bus: BusHub
  readonly #options: WorkerGroupOptions
  readonly #clock: () => number
  readonly #slots: readonly Slot[]
  /** Told to end: the ends of these are no news. */
  readonly #leaving = new Set<WorkerProcess>()
  readonly #delayed = new Set<() => void>()
  #isEnding = false
  #recycling: Promise<void> | undefined
  /** Replacements come one after the other, whoever asks for them. */
  #replacing: Promise<void> = Promise.resolve()

  constructor(options: WorkerGroupOptions) {
    const { count, log, bus = new BusHub(log), clock = Date.now } = options
    this.bus = bus
    this.#options = options
    this.#clock = clock
    this.#slots = Array.from({ length: count }, (_, index) => ({
      number: index + 1,
      worker: undefined,
      isReady: false,
      since: clock(),
      crashes: 0,
      failures: 0,
      coveredBy: undefined,
    }))
  }

  status(): WorkerStatus[] {
    return this.#slots.map(({ number, worker, isReady, since, crashes }) => ({
      slot: number,
      pid: worker?.pid,
      state: worker === undefined ? 'waiting' : isReady ? 'ready' : 'starting',
      uptimeMs: this.#clock() - since,
      crashes,
    }))
  }

  /** Resolves when all are ready, with the listeners of the first. @throws what kept one of them from becoming ready */
  async start(): Promise<Readonly<Record<string, string>>> {
    const listeners = await Promise.all(this.#slots.map((slot) => this.#fill(slot)))
    // Only from now on: a start that fails is not tried again.
    for (const slot of this.#slots) this.#watch(slot)
    return listeners[0] ?? {}
  }

  /**
   * Replaces the workers one after the other: the new one accepts connections before the old one stops to. Resolves when
   * the last of the old has answered what it had in hand. A second call while one is under way is the same recycling.
   *
   * @throws RoundtripError `WORKER_FAILED` when a new one does not become ready: the old ones go on
   */
  recycle(): Promise<void> {
    this.#recycling ??= this.#inTurn(() => this.#recycleAll()).finally(() => (this.#recycling = undefined))
    return this.#recycling
  }

  /**
   * Replaces one worker in the same way; nothing when it is not there any more.
   *
   * @throws RoundtripError `WORKER_FAILED` when the new one does not become ready: the old one goes on
   */
  replace(pid: number): Promise<void> {
    return this.#inTurn(async () => {
      const slot = this.#slots.find(({ worker }) => worker?.pid === pid)
      if (slot !== undefined) await this.#succeed(slot)
    })
  }

  /** Resolves when all have answered what they had in hand and ended. @throws RoundtripError `WORKER_FAILED` when one had to break off */
  async drain(): Promise<void> {
    this.#end()
    // One that is not ready yet has nothing in hand, and may not even hear a signal.
    const busy = new Set(this.#slots.filter(({ isReady }) => isReady).map(({ worker }) => worker))
    const exits = await Promise.all(
      this.#workers().map(async (worker) => ({ isBusy: busy.has(worker), ...(await this.#dismiss(worker)) })),
    )
    // One that was just being made is dismissed there.
    await this.#replacing
    const bad = exits.filter(({ isBusy, code }) => isBusy && code !== 0)
    if (bad.length > 0) {
      throw new RoundtripError('WORKER_FAILED', `${bad.length} of ${exits.length} workers did not end in good order.`)
    }
  }

  /** Kills what is left. */
  async close(): Promise<void> {
    this.#end()
    const left = [...this.#workers(), ...this.#leaving]
    for (const worker of left) worker.signal('SIGKILL')
    await Promise.all(left.map(({ exited }) => exited))
  }

  #workers(): WorkerProcess[] {
    return this.#slots.flatMap(({ worker }) => (worker === undefined ? [] : [worker]))
  }

  #end(): void {
    this.#isEnding = true
    for (const callOff of this.#delayed) callOff()
    this.#delayed.clear()
  }

  async #dismiss(worker: WorkerProcess): Promise<Exit> {
    this.#leaving.add(worker)
    worker.signal('SIGTERM')
    const exit = await worker.exited
    this.#leaving.delete(worker)
    return exit
  }

  #spawn(slot: number): WorkerProcess {
    const worker = this.#options.spawn(slot)
    this.bus.join(worker)
    worker.onMessage = (message) => this.bus.hear(worker, message)
    void worker.exited.then(() => {
      this.bus.leave(worker)
      if (worker.pid !== undefined) this.bus.publishHere(workerEndedTopic, worker.pid)
    })
    return worker
  }

  /** Gives an empty slot a worker, and resolves when that is ready. */
  async #fill(slot: Slot): Promise<Readonly<Record<string, string>>> {
    const worker = this.#spawn(slot.number)
    Object.assign(slot, { worker, isReady: false, since: this.#clock() })
    const listeners = await worker.ready
    this.#seat(slot, worker)
    return listeners
  }

  /** The worker accepts connections by now: whoever did so for the slot may stop to. */
  #seat(slot: Slot, worker: WorkerProcess): void {
    slot.worker = worker
    slot.isReady = true
    slot.coveredBy?.send({ type: 'uncover', slot: slot.number })
    slot.coveredBy = undefined
  }

  /** Replaces the worker of a slot when it ends without having been told to. */
  #watch(slot: Slot): void {
    const { worker } = slot
    void worker?.exited.then((exit) => {
      if (this.#isEnding || this.#leaving.has(worker) || slot.worker !== worker) return
      const wasReady = slot.isReady && this.#clock() - slot.since >= recoveredAfterMs
      slot.failures = wasReady ? 1 : slot.failures + 1
      slot.crashes++
      Object.assign(slot, { worker: undefined, isReady: false })
      this.#coverLost()
      const afterMs = restartDelayMs(slot.failures)
      this.#options.log.error(
        { slot: slot.number, pid: worker.pid, ...exit, afterMs },
        'a worker ended; it is replaced',
      )
      this.#later(afterMs, () => this.#replaceLost(slot))
    })
  }

  #replaceLost(slot: Slot): void {
    // Recycling may have been quicker.
    if (slot.worker !== undefined) return
    const filled = this.#fill(slot)
    this.#watch(slot)
    // That it failed is told by its end.
    filled.catch(() => undefined)
  }

  /** What the kernel puts into the queue of a slot without a worker would wait; somebody else takes it meanwhile. */
  #cover(slot: Slot): void {
    if (slot.coveredBy !== undefined && this.#isAlive(slot.coveredBy)) return
    const ready = this.#slots.filter(({ isReady }) => isReady)
    // In turn: each of them can do so a few times only.
    const neighbour = ready[slot.crashes % ready.length]?.worker
    slot.coveredBy = neighbour
    neighbour?.send({ type: 'cover', slot: slot.number })
  }

  /** Who has gone may have taken the connections of others too. */
  #coverLost(): void {
    for (const slot of this.#slots) if (!slot.isReady) this.#cover(slot)
  }

  #isAlive(worker: WorkerProcess): boolean {
    return this.#slots.some((slot) => slot.worker === worker)
  }

  #later(afterMs: number, work: () => void): void {
    const { delay = once } = this.#options
    const callOff = delay(() => {
      this.#delayed.delete(callOff)
      work()
    }, afterMs)
    this.#delayed.add(callOff)
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const outcome = this.#replacing.then(work)
    this.#replacing = outcome.catch(() => undefined)
    return outcome
  }

  async #recycleAll(): Promise<void> {
    this.#options.log.info({ workers: this.#slots.length }, 'recycling workers')
    for (const slot of this.#slots) await this.#succeed(slot)
    this.#options.log.info({ workers: this.#slots.length }, 'workers recycled')
  }

  /** The new one is ready before the old one is told to end. */
  async #succeed(slot: Slot): Promise<void> {
    const old = slot.worker
    // A slot without a worker is about to get a new one anyway.
    if (old === undefined || this.#isEnding) return
    const replacement = this.#spawn(slot.number)
    await replacement.ready
    if (this.#isEnding) return void (await this.#dismiss(replacement))
    slot.since = this.#clock()
    this.#seat(slot, replacement)
    this.#watch(slot)
    this.#coverLost()
    await this.#dismiss(old)
  }
}

const once = (work: () => void, afterMs: number): (() => void) => {
  const timer = setTimeout(work, afterMs)
  return () => clearTimeout(timer)
}
