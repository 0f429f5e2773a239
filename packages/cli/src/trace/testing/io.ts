/** A terminal that remembers what was written to it. */
import { tmpdir } from 'node:os'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Io } from '../../command.ts'
import { coloursFor } from '../../terminal/colours.ts'

export interface TestIo extends Io {
  /** Everything written so far; ends the streams. */
  output(): Promise<{ stdout: string; stderr: string }>
}

export const testIo = (overrides: Partial<Io> = {}): TestIo => {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  return {
    stdout,
    stderr,
    isTty: false,
    unicode: true,
    colours: coloursFor(false),
    width: 80,
    env: {},
    cwd: tmpdir(),
    projectRoot: tmpdir(),
    onInterrupt: () => () => undefined,
    ...overrides,
    async output() {
      stdout.end()
      stderr.end()
      return { stdout: await text(stdout), stderr: await text(stderr) }
    },
  }
}
