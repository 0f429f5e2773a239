/** `roundtrip up`: starts the stack, in the foreground or detached. */
import { RoundtripError } from '@roundtrip/errors'
import { instances } from '@roundtrip/stack'
import { defineCommand, type Command, type Io } from '../command.ts'
import { exitStatus } from '../exit-status.ts'
import { instancesNamed } from '../instance-names.ts'
import { runningStackIfAny } from '../stack/connection.ts'
import { startDetached } from '../stack/detached.ts'
import { runInForeground } from '../stack/foreground.ts'
import { reportText } from '../stack/report.ts'
import { boardFor } from '../stack/start-progress.ts'
import type { Supervision } from '../stack/supervise.ts'
import { stackSettings, type StackSettings } from '../stack-settings.ts'
import { age } from '../terminal/units.ts'

const options = {
  detach: { type: 'boolean', short: 'd', description: 'return when everything is ready; the stack runs on' },
  verbose: { type: 'boolean', short: 'v', description: 'show every log line, not only warnings and errors' },
  json: { type: 'boolean', description: 'with --detach: print addresses and instances as JSON' },
} as const

/** Each port's setting with its default, in the order of the topology. */
const portList = (): string => {
  const ports = instances.flatMap((instance) => Object.values(instance.ports))
  const defaults = new Map(ports.map((port) => [port.setting, port.default]))
  return [...defaults].map(([setting, port]) => `${setting} (${port})`).join(', ')
}

export const up: Command = defineCommand({
  name: 'up',
  summary: 'Start the stack',
  usage: '[options] [instance|tier…]',
  description:
    'In the foreground it shows what happens until Ctrl-C, which drains and stops everything; a second Ctrl-C does not wait. ' +
    'When a stack runs already it says so and exits 0. Named instances or tiers are started alone.\n\n' +
    'ROUNDTRIP_APP=http://127.0.0.1:3000 puts an app of your own in place of the shop: app and worker stay away, web ' +
    'proxies to that origin (or several, separated by commas) and takes it for healthy when it answers ' +
    'ROUNDTRIP_APP_HEALTH_PATH (/) with 2xx.\n\n' +
    'ROUNDTRIP_ROOT moves the folder of data and logs. ROUNDTRIP_PORTS=free takes any free ports; single ports have settings ' +
    `of their own, 0 for any free one: ${portList()}.`,
  options,
  positionals: { max: Infinity },
  examples: [
    { command: './roundtrip up', about: 'in the foreground, as npm start does' },
    { command: './roundtrip up -d && ./roundtrip trace https://www.roundtrip.test/', about: 'in the background' },
    { command: './roundtrip up data', about: 'only Postgres and Redis, for an app of your own' },
    { command: 'ROUNDTRIP_APP=http://127.0.0.1:3000 ./roundtrip up', about: 'your app in place of the shop' },
    { command: 'ROUNDTRIP_PORT_EDGE_HTTPS=9443 ./roundtrip up', about: 'when 8443 is taken' },
  ],
  run: async ({ values, positionals }, io) => {
    const detach = values.detach === true
    const json = values.json === true
    if (json && !detach) throw new RoundtripError('USAGE', '--json goes with --detach: ./roundtrip up -d --json.')
    const settings = stackSettings(io)
    const supervision = { settings, include: instancesNamed(positionals).map(({ name }) => name) }
    if (runningStackIfAny(settings.root) !== undefined) return tellAlreadyRunning(settings, json, io)
    try {
      if (!detach) return await runInForeground(supervision, { verbose: values.verbose === true }, io)
      return await runDetached(supervision, json, io)
    } catch (error) {
      // Another one was faster, between our look and our start.
      const isRunning = error instanceof RoundtripError && error.code === 'STACK_ALREADY_RUNNING'
      if (isRunning) return tellAlreadyRunning(settings, json, io)
      throw error
    }
  },
})

const runDetached = async (supervision: Supervision, json: boolean, io: Io): Promise<number> => {
  const view = boardFor(io, json ? io.stderr : io.stdout)
  try {
    const report = await startDetached(supervision, view, io)
    view.end('clear')
    const footer = ['./roundtrip logs -f shows what happens, ./roundtrip down stops all of it.']
    io.stdout.write(json ? `${JSON.stringify(report)}\n` : `\n${reportText(report, footer, io)}`)
    return exitStatus.ok
  } finally {
    view.end('finish')
  }
}

const tellAlreadyRunning = async ({ root }: StackSettings, json: boolean, io: Io): Promise<number> => {
  const client = runningStackIfAny(root)
  if (client === undefined) throw new RoundtripError('STACK_ALREADY_RUNNING')
  const { pid, startedAt } = client
  if (json) {
    const [stack, rows] = await Promise.all([client.topology(), client.status()])
    io.stdout.write(`${JSON.stringify({ alreadyRunning: true, pid, startedAt, stack, instances: rows })}\n`)
    return exitStatus.ok
  }
  // One that is only just starting does not answer yet; that it runs is known all the same.
  const [edge] = await client.topology().then(
    ({ edges }) => edges,
    () => [],
  )
  const since = age(Date.now() - Date.parse(startedAt))
  const where = edge === undefined ? '' : `, https://${edge.host}:${edge.httpsPort}`
  io.stdout.write(
    `A stack is already running here (pid ${pid}, for ${since}${where}).\n` +
      'See it with ./roundtrip status, stop it with ./roundtrip down.\n',
  )
  return exitStatus.ok
}
