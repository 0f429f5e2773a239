/** Policy of one instance: start, stop, and start again with a backoff what ended by itself. */
import { RoundtripError } from '@roundtrip/errors'
import { backoffMs, recoveredAfterMs } from './backoff.ts'
import type { StackEvent } from './events.ts'
import type { LogFile } from './log-file.ts'
import { familiesOf } from './process-table.ts'
import type { Reaper } from './reaper.ts'
import { runProcess, type ProcessPlan, type RunningProcess } from './run-process.ts'
import type { Exit, Instance, InstanceState } from './stack.ts'
import type { InstanceSpec, Kind, Tier } from './topology.ts'

/** Longest time from spawn to ready; recovery of a large database may take a while. */
const startTimeoutMs = 30_000
/** A little more than the drain deadline that services get, so that they end by themselves. */
const stopTimeoutMs = 12_000

export interface InstanceOptions {
  readonly spec: InstanceSpec
  /** Called before each start. */
  readonly prepare: () => Promise<ProcessPlan>
  readonly log: LogFile
  readonly reaper: Reaper
  readonly restart: boolean
  readonly emit: (event: StackEvent) => void
}

interface Waiter {
  readonly state: InstanceState
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** @see Instance for what each method promises */
export class SupervisedInstance implements Instance {
  readonly name: string
  readonly tier: Tier
  readonly kind: Kind
  readonly spec: InstanceSpec
  restarts = 0
  lastExit: Exit | undefined
  readonly #options: InstanceOptions
  #state: InstanceState = 'stopped'
  #wanted: 'up' | 'down' = 'down'
  #run: RunningProcess | undefined
  #launching: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  /** Starts that failed or did not last, since it last stayed up. */
  #attempt = 0
  #hasBeenReady = false
  #paused: number[] = []
  readonly #waiters = new Set<Waiter>()

  constructor(options: InstanceOptions) {
    this.#options = options
    this.spec = options.spec
    this.name = options.spec.name
    this.tier = options.spec.tier
    this.kind = options.spec.kind
  }

  get state(): InstanceState {
    return this.#state
  }

  get pid(): number | undefined {
    return this.#run?.pid
  }

  get startedAt(): Date | undefined {
    return this.#run?.startedAt
  }

  start(): Promise<void> {
    if (this.#state === 'stopping') return this.stop().then(() => this.start())
    this.#wanted = 'up'
    clearTimeout(this.#retry)
    if (this.#launching !== undefined) return this.#launching
    if (this.#run !== undefined) return this.resume()
    return this.#launch()
  }

  /** @param timeoutMs how long it may take to end by itself before it is killed */
  async stop(timeoutMs: number = stopTimeoutMs): Promise<void> {
    this.#wanted = 'down'
    clearTimeout(this.#retry)
    if (this.#run !== undefined) await this.#end(this.#run, timeoutMs)
    // Still preparing: it notices that it is no longer wanted. Its failure is that of the start.
    else await this.#launching?.catch(() => {})
    if (this.#state !== 'finished') this.#enter('stopped')
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const run = this.#run
    if (run === undefined) return
    this.#continue()
    run.signal(signal)
    await run.exited
  }

  async pause(): Promise<void> {
    const run = this.#run
    if (run === undefined || this.#state === 'paused') return
    signalIfThere(run.pid, 'SIGSTOP')
    // Postgres answers with one process per connection: all of them have to stop, and the first makes no more now.
    this.#paused = familiesOf([run.pid]).get(run.pid) ?? [run.pid]
    for (const pid of this.#paused.slice(1)) {
      this.#options.reaper.watch(pid, 'SIGTERM')
      signalIfThere(pid, 'SIGSTOP')
    }
    this.#enter('paused')
  }

  async resume(): Promise<void> {
    if (this.#state !== 'paused') return
    this.#continue()
    this.#enter('ready')
  }

  waitFor(state: InstanceState): Promise<void> {
    if (this.#state === state) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { state, resolve, reject }
      this.#waiters.add(waiter)
    })
  }

  /** The stack is over: what still waits for a state will not see it. */
  abandonWaiters(): void {
    for (const { state, reject } of this.#waiters) {
      reject(new RoundtripError('STACK_NOT_RUNNING', `The stack stopped before ${this.name} was ${state}.`))
    }
    this.#waiters.clear()
  }

  #launch(): Promise<void> {
    this.#launching = this.#startOnce()
      .catch((error: unknown) => {
        if (this.#mayRetry()) this.#backOff()
        else if (this.#wanted === 'up') this.#enter('failed')
        throw error
      })
      .finally(() => {
        this.#launching = undefined
      })
    return this.#launching
  }

  async #startOnce(): Promise<void> {
    this.#enter('starting')
    const plan = await this.#options.prepare()
    if (!this.#isWanted()) throw this.#startFailure('was stopped while it started')
    const run = await runProcess(plan, {
      name: this.name,
      log: this.#options.log,
      onLine: (stream, line) => this.#options.emit({ type: 'log', instance: this.name, stream, line }),
    })
    this.#options.reaper.watch(run.pid, plan.stopSignal)
    this.#run = Object.assign(run, { stopSignal: plan.stopSignal })
    run.exited.then(
      (exit) => this.#onExit(run, exit),
      () => {},
    )
    // A stop that came between spawn and here found nothing to end.
    if (!this.#isWanted()) await this.#end(this.#run)
    await this.#readyInTime(run)
    if (plan.readyBy === 'exit') return
    // It may have said that it is ready and ended all the same.
    if (this.#run !== run) throw this.#startFailure('ended while it started')
    this.#hasBeenReady = true
    this.#enter('ready')
  }

  /** Asked again after each wait, as a stop may come at any time. */
  #isWanted(): boolean {
    return this.#wanted === 'up'
  }

  async #readyInTime(run: RunningProcess): Promise<void> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      late.reject(this.#startFailure(`was not ready within ${startTimeoutMs / 1000} s`))
      run.signal('SIGKILL')
    }, startTimeoutMs)
    await Promise.race([run.ready, late.promise]).finally(() => clearTimeout(timer))
  }

  #onExit(run: RunningProcess, exit: Exit): void {
    this.#options.reaper.forget(run.pid)
    this.#paused = []
    this.#run = undefined
    this.lastExit = exit
    const succeeded = this.kind === 'task' && exit.code === 0
    const expected = succeeded || this.#wanted === 'down'
    this.#options.emit({ type: 'exit', instance: this.name, exit, expected })
    if (succeeded) this.#enter('finished')
    else if (this.#wanted === 'down') this.#enter('stopped')
    else if (Date.now() - run.startedAt.getTime() > recoveredAfterMs) this.#attempt = 0
    // While it launches, the failed launch decides.
    if (expected || this.#launching !== undefined) return
    if (this.#mayRetry()) this.#backOff()
    else this.#enter('failed')
  }

  /** What never worked is not tried again: its settings or its program are wrong, and the one who starts it is told. */
  #mayRetry(): boolean {
    return this.#wanted === 'up' && this.#options.restart && this.#hasBeenReady && this.kind !== 'task'
  }

  #backOff(): void {
    this.#attempt += 1
    const delayMs = backoffMs(this.#attempt)
    this.#enter('backoff')
    this.#options.emit({ type: 'backoff', instance: this.name, attempt: this.#attempt, delayMs })
    this.#retry = setTimeout(() => {
      this.restarts += 1
      // A failed launch has already arranged the next one.
      this.#launch().catch(() => {})
    }, delayMs)
  }

  async #end(run: RunningProcess & { stopSignal?: NodeJS.Signals }, timeoutMs = stopTimeoutMs): Promise<void> {
    this.#continue()
    this.#enter('stopping')
    run.signal(run.stopSignal ?? 'SIGTERM')
    const timer = setTimeout(() => {
      for (const pid of familiesOf([run.pid]).get(run.pid) ?? []) signalIfThere(pid, 'SIGKILL')
    }, timeoutMs)
    await run.exited
    clearTimeout(timer)
  }

  #continue(): void {
    for (const pid of this.#paused.slice(1)) this.#options.reaper.forget(pid)
    for (const pid of this.#paused) signalIfThere(pid, 'SIGCONT')
    this.#paused = []
  }

  #enter(state: InstanceState): void {
    const previous = this.#state
    if (previous === state) return
    this.#state = state
    this.#options.emit({ type: 'state', instance: this.name, state, previous, pid: this.pid })
    for (const waiter of this.#waiters) {
      if (waiter.state !== state) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }

  #startFailure(what: string): RoundtripError {
    return new RoundtripError('STACK_START_FAILED', `${this.name} ${what}.`, { details: { instance: this.name } })
  }
}

const signalIfThere = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch {
    // Ended in the meantime.
  }
}
