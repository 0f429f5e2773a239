/** What a stack tells about itself while it starts, runs and stops. */
import type { Exit, InstanceState } from './stack.ts'

export type StackEvent =
  /** Something that takes longer than a moment, as a sentence for people. */
  | { readonly type: 'progress'; readonly message: string }
  | {
      readonly type: 'state'
      readonly instance: string
      readonly state: InstanceState
      readonly previous: InstanceState
      readonly pid: number | undefined
    }
  /** A process ended; `expected` when somebody asked for it. */
  | { readonly type: 'exit'; readonly instance: string; readonly exit: Exit; readonly expected: boolean }
  /** The process ended by itself and is started again in `delayMs`; `attempt` counts from 1 since it last stayed up. */
  | { readonly type: 'backoff'; readonly instance: string; readonly attempt: number; readonly delayMs: number }
  /** One line of output, without its newline. */
  | {
      readonly type: 'log'
      readonly instance: string
      readonly stream: 'stdout' | 'stderr'
      readonly line: string
    }
