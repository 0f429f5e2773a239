/** What a command is: one definition from which parsing, `--help` and "did you mean" all come. */
import type { Writable } from 'node:stream'
import type { Environment } from '@roundtrip/config'
import type { Colours } from './terminal/colours.ts'

export interface Option {
  /** A boolean is a switch; a string takes a value. */
  readonly type: 'boolean' | 'string'
  /** One letter: `f` for `-f`. */
  readonly short?: string
  /** May be given several times; its value is then a list. */
  readonly multiple?: boolean
  /** What stands for the value in the help text, e.g. `FILE`. */
  readonly value?: string
  readonly description: string
}

/** By long name, without the dashes. */
export type Options = Readonly<Record<string, Option>>

type ScalarOf<O extends Option> = { boolean: boolean; string: string }[O['type']]
type ValueOf<O extends Option> = O extends { multiple: true } ? readonly ScalarOf<O>[] : ScalarOf<O>

export interface ParsedArgs<O extends Options = Options> {
  /** An option that was not given is undefined. */
  readonly values: { readonly [Name in keyof O]: ValueOf<O[Name]> | undefined }
  readonly positionals: readonly string[]
}

/** The terminal and the surroundings of one run; a test hands in its own. */
export interface Io {
  /** For results. */
  readonly stdout: Writable
  /** For errors and for progress that is not the result. */
  readonly stderr: Writable
  /** Whether standard output is a terminal that can redraw lines (not `TERM=dumb`). */
  readonly isTty: boolean
  /** Whether the terminal shows more than ASCII. */
  readonly unicode: boolean
  /** Plain text passes through unchanged when colours are off. */
  readonly colours: Colours
  /** Columns of the terminal now; 80 when it is none. */
  readonly width: number
  readonly env: Environment
  /** Where the user typed the command. */
  readonly cwd: string
  /** The checkout that this command belongs to. */
  readonly projectRoot: string
  /**
   * Calls the listener at each SIGINT, SIGTERM or SIGHUP, and when the launcher has gone away.
   * @returns how to stop listening; without a listener these end the process
   */
  readonly onInterrupt: (listener: (reason: string) => void) => () => void
}

export interface Command<O extends Options = Options> {
  readonly name: string
  /** One line for the list of commands, without a full stop. */
  readonly summary: string
  /** After the command's name, e.g. `[options] <url>`. */
  readonly usage: string
  /** Paragraphs below the usage, where the summary does not say enough. */
  readonly description?: string
  readonly options: O
  /** How many arguments that are not options it takes. Default: none. */
  readonly positionals?: { readonly min?: number; readonly max?: number }
  readonly examples: readonly { readonly command: string; readonly about: string }[]
  /** @returns the exit status, see `exit-status.ts` */
  run(args: ParsedArgs<O>, io: Io): Promise<number>
}

/** Infers the types of a command's options, so that `run` sees them. */
export const defineCommand = <const O extends Options>(command: Command<O>): Command<O> => command
