/** The instances while they start or stop: one line each, with the state and the time it took. */
import { instances, type InstanceState, type StackEvent } from '@roundtrip/stack'
import type { Colours } from '../terminal/colours.ts'
import { tierPaint } from '../terminal/colours.ts'
import type { Progress } from '../terminal/progress.ts'
import { marksFor, paintState } from '../terminal/states.ts'
import { padEnd } from '../terminal/text.ts'
import { duration } from '../terminal/units.ts'
import { tierOf } from '../instance-names.ts'

export interface BoardOptions {
  readonly progress: Progress
  readonly colours: Colours
  readonly unicode: boolean
  /** Milliseconds from some fixed point. */
  readonly clock: () => number
}

const settled: ReadonlySet<InstanceState> = new Set(['ready', 'finished', 'stopped', 'failed', 'paused'])
const wrong: ReadonlySet<InstanceState> = new Set(['failed', 'backoff'])
const nameWidth = Math.max(...instances.map(({ name }) => name.length))

interface Row {
  readonly state: InstanceState
  readonly sinceMs: number
  readonly tookMs: number | undefined
}

export class InstanceBoard {
  readonly #options: BoardOptions
  readonly #rows = new Map<string, Row>()
  #activity = ''

  constructor(options: BoardOptions) {
    this.#options = options
  }

  apply(event: StackEvent): void {
    if (event.type === 'progress') {
      this.#activity = event.message
      this.#options.progress.set('activity', this.#options.colours.dim(`  ${event.message}`))
    }
    if (event.type === 'state') this.enter(event.instance, event.state)
  }

  /** Notes a state that needs no line, since nothing has changed yet. */
  known(instance: string, state: InstanceState): void {
    this.#rows.set(instance, { state, sinceMs: this.#options.clock(), tookMs: undefined })
  }

  /** For an end that can no longer be watched. Tasks and what already was down keep their state. */
  settleAll(state: InstanceState): void {
    for (const [instance, row] of this.#rows) {
      if (row.state !== 'finished' && row.state !== state) this.enter(instance, state)
    }
  }

  enter(instance: string, state: InstanceState): void {
    const before = this.#rows.get(instance)
    const now = this.#options.clock()
    if (before?.state === state) return
    // That the rest is taken down after a failure must not hide which one failed.
    if (before?.state === 'failed' && state === 'stopped') return
    const tookMs = before !== undefined && settled.has(state) ? now - before.sinceMs : undefined
    this.#rows.set(instance, { state, sinceMs: now, tookMs })
    this.#draw(instance)
  }

  /** Brings the running times up to date. For terminals only: elsewhere each change would be a line. */
  tick(): void {
    for (const [instance, { state }] of this.#rows) if (!settled.has(state)) this.#draw(instance, true)
  }

  #draw(instance: string, withElapsed = false): void {
    const row = this.#rows.get(instance)
    if (row === undefined) return
    const { progress, colours, unicode, clock } = this.#options
    const marks = marksFor(unicode)
    const { state, sinceMs, tookMs } = row
    const mark = wrong.has(state)
      ? colours.red(marks.wrong)
      : settled.has(state)
        ? colours.green(marks.done)
        : colours.cyan(marks.busy)
    const elapsedMs = tookMs ?? (withElapsed ? clock() - sinceMs : undefined)
    const time = elapsedMs === undefined ? '' : colours.dim(duration(elapsedMs))
    const name = tierPaint(colours, tierOf(instance))(padEnd(instance, nameWidth))
    progress.set(instance, `  ${mark} ${name}  ${padEnd(paintState(colours, state), 8)}  ${time}`.trimEnd())
    // The activity stands below the instances.
    if (this.#activity !== '') progress.last('activity')
  }
}
