/** The running stack, as far as another command needs it. */
import { RoundtripError } from '@roundtrip/errors'
import { connectToStack, type StackClient } from '@roundtrip/stack'
import type { Io } from '../command.ts'
import { stackSettings } from '../stack-settings.ts'

/** @throws RoundtripError `STACK_NOT_RUNNING`, `SETTINGS_INVALID` */
export const runningStack = (io: Io): StackClient => connectToStack(stackSettings(io).root)

/** @returns undefined when none is running */
export const runningStackIfAny = (root: string): StackClient | undefined => {
  try {
    return connectToStack(root)
  } catch (error) {
    if (error instanceof RoundtripError && error.code === 'STACK_NOT_RUNNING') return undefined
    throw error
  }
}
