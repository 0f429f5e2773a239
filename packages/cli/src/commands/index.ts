/** The commands there are, in the order in which the help lists them. */
import type { Command } from '../command.ts'
import type { CommandGroup } from '../help.ts'

// Loaded when asked for: `status` must not wait for the parts that only `up` needs.
const groups: Readonly<Record<string, Readonly<Record<string, () => Promise<Command>>>>> = {
  'The stack': {
    up: async () => (await import('./up.ts')).up,
    down: async () => (await import('./down.ts')).down,
    status: async () => (await import('./status.ts')).status,
    logs: async () => (await import('./logs.ts')).logs,
  },
  'See a request': {
    trace: async () => (await import('../trace/command.ts')).traceCommand,
    open: async () => (await import('./open.ts')).open,
  },
  'Steer the edge': {
    edge: async () => (await import('../edge/command.ts')).edgeCommand,
  },
  'Use the shop': {
    token: async () => (await import('./token.ts')).token,
  },
  'Steer the database': {
    db: async () => (await import('../db/command.ts')).dbCommand,
  },
  'Break one instance': {
    stop: async () => (await import('./instance.ts')).stop,
    start: async () => (await import('./instance.ts')).start,
    restart: async () => (await import('./instance.ts')).restart,
    kill: async () => (await import('./instance.ts')).kill,
    pause: async () => (await import('./instance.ts')).pause,
    resume: async () => (await import('./instance.ts')).resume,
  },
  'One tier alone': {
    run: async () => (await import('./run.ts')).run,
  },
  About: {
    version: async () => (await import('./version.ts')).version,
  },
}

const loaders = Object.assign({}, ...Object.values(groups)) as Readonly<Record<string, () => Promise<Command>>>

export const commandNames: readonly string[] = Object.keys(loaders)

export const loadCommand = async (name: string): Promise<Command | undefined> =>
  Object.hasOwn(loaders, name) ? loaders[name]?.() : undefined

export const helpGroups = async (): Promise<CommandGroup[]> =>
  Promise.all(
    Object.entries(groups).map(async ([title, commands]) => ({
      title,
      commands: await Promise.all(Object.values(commands).map(async (load) => load())),
    })),
  )
