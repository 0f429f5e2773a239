/** `roundtrip run`: one service alone, with the user's own settings, terminal and signals. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { nearest } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import { defineCommand, type Command, type Io } from '../command.ts'
import { exitStatus } from '../exit-status.ts'
import { table } from '../terminal/table.ts'

const options = {
  settings: { type: 'string', value: 'FILE', description: 'file of NAME=value lines; the environment wins over it' },
} as const

export const run: Command = defineCommand({
  name: 'run',
  summary: 'Run one service alone in the foreground',
  usage: '<service> [--settings FILE]',
  description:
    'Without a service it lists them. Settings come from the environment, e.g. EDGE_UPSTREAMS; each service’s README has the table. ' +
    'Relative paths are relative to where you are. It ends as the service ends: 0 after draining, 1 when it failed, 78 when a setting is wrong.\n\n' +
    'The app finds its tables once `./roundtrip node services/app/src/migrate.ts` has run with the same settings.',
  options,
  positionals: { max: 1 },
  examples: [
    { command: 'DNS_PORT=5300 DNS_ZONE_FILES=my.zone ./roundtrip run dns', about: 'a name server on any zone file' },
    { command: './roundtrip run edge --settings edge.env', about: 'an edge in front of any HTTP origin' },
  ],
  run: async ({ values, positionals: [name] }, io) => {
    const services = servicesOf(io.projectRoot)
    if (name === undefined) return list(services, io)
    if (!services.some((service) => service.name === name)) throw unknownService(name, services)
    const args = values.settings === undefined ? [] : ['--settings', values.settings]
    return runToItsEnd(join(io.projectRoot, 'services', name, 'src/main.ts'), args, io)
  },
})

interface Service {
  readonly name: string
  readonly description: string
}

/** What stands in `services/`, so that a new service needs no entry here. */
const servicesOf = (projectRoot: string): Service[] =>
  readdirSync(join(projectRoot, 'services'))
    .filter((name) => existsSync(join(projectRoot, 'services', name, 'src/main.ts')))
    .map((name) => {
      const manifest = readFileSync(join(projectRoot, 'services', name, 'package.json'), 'utf8')
      return { name, description: (JSON.parse(manifest) as { description?: string }).description ?? '' }
    })

const list = (services: readonly Service[], { stdout, colours }: Io): number => {
  const rows = services.map(({ name, description }) => [name, description, `services/${name}/README.md`])
  const lines = table([{ title: 'SERVICE' }, { title: 'WHAT IT IS' }, { title: 'SETTINGS' }], rows, { colours })
  stdout.write(`${lines.join('\n')}\n`)
  return exitStatus.ok
}

const unknownService = (name: string, services: readonly Service[]): RoundtripError => {
  const names = services.map((service) => service.name)
  const guess = nearest(name, names)
  const hint = guess === undefined ? `There are ${names.join(', ')}.` : `Did you mean ${guess}?`
  return new RoundtripError('USAGE', `There is no service ${JSON.stringify(name)}. ${hint}`)
}

const runToItsEnd = async (entryPoint: string, args: readonly string[], io: Io): Promise<number> => {
  const { ROUNDTRIP_LIFELINE: _lifeline, ...env } = io.env
  const child = spawn(process.execPath, [entryPoint, ...args], {
    cwd: io.cwd,
    env,
    // The channel ends when this process does, however it dies; the service then drains and stops.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const stopListening = io.onInterrupt(() => child.kill('SIGTERM'))
  const [status, signal] = await exit
  stopListening()
  return status ?? 128 + (signal === null ? 0 : constants.signals[signal])
}
