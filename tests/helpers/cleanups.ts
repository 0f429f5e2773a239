/** What a test opens and has to give back when it ends, last things first, also when it fails. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStack, type Stack, type StackOptions } from '@roundtrip/stack'
import { onTestFinished } from 'vitest'

/** A state folder. Postgres, which runs as another account when this is root, may pass through it. */
export const makeStateFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-test-'))
  chmodSync(folder, 0o711)
  return folder
}

/** A state folder for as long as the test runs. */
export const temporaryFolder = (): string => {
  const folder = makeStateFolder()
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A stack for as long as the test runs. */
export const startForTest = async (options: StackOptions): Promise<Stack> => {
  const stack = await startStack(options)
  onTestFinished(() => stack.stop())
  return stack
}
