/** How the state of an instance looks. */
import type { InstanceState } from '@roundtrip/stack'
import type { Colours, Style } from './colours.ts'

const styles: Readonly<Record<InstanceState, Style>> = {
  ready: 'green',
  finished: 'gray',
  starting: 'cyan',
  stopping: 'cyan',
  stopped: 'gray',
  paused: 'yellow',
  backoff: 'red',
  failed: 'red',
}

export const paintState = (colours: Colours, state: InstanceState): string => colours[styles[state]](state)

export interface Marks {
  readonly done: string
  readonly busy: string
  readonly waiting: string
  readonly wrong: string
}

export const marksFor = (unicode: boolean): Marks =>
  unicode ? { done: '✓', busy: '●', waiting: '·', wrong: '✗' } : { done: '+', busy: '*', waiting: '.', wrong: 'x' }
