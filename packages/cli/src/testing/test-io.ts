/** Surroundings for a command under test: no terminal, output kept as text, signals at will. */
import { resolve } from 'node:path'
import { Writable } from 'node:stream'
import type { Io } from '../command.ts'
import { coloursFor } from '../terminal/colours.ts'

export interface TestIo {
  readonly io: Io
  readonly stdout: () => string
  readonly stderr: () => string
  readonly interrupt: (reason?: string) => void
  /** How many listeners the command has left behind. */
  readonly listeners: () => number
}

const collector = () => {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer | string, _encoding, done) {
      text += chunk.toString()
      done()
    },
  })
  return { stream, text: () => text }
}

export const testIo = (overrides: Partial<Io> = {}): TestIo => {
  const out = collector()
  const err = collector()
  const listeners = new Set<(reason: string) => void>()
  const projectRoot = resolve(import.meta.dirname, '../../../..')
  const io: Io = {
    stdout: out.stream,
    stderr: err.stream,
    isTty: false,
    unicode: true,
    colours: coloursFor(false),
    width: 80,
    env: {},
    cwd: projectRoot,
    projectRoot,
    onInterrupt: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    ...overrides,
  }
  return {
    io,
    stdout: out.text,
    stderr: err.text,
    interrupt: (reason = 'SIGINT') => {
      for (const listener of listeners) listener(reason)
    },
    listeners: () => listeners.size,
  }
}
