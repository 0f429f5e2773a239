/** How a trace is shown: the terminal's abilities. */
import type { Colours } from '../terminal/colours.ts'

export interface View {
  readonly colours: Colours
  /** Columns of the terminal. */
  readonly width: number
  /** Whether it shows more than ASCII. */
  readonly unicode: boolean
}

/** Dots between pieces where the terminal has them. */
export const separator = ({ unicode }: View): string => (unicode ? ' · ' : ', ')
