/** `roundtrip status`: every instance with its state, age, memory and restarts. */
import type { StatusRow } from '@roundtrip/stack'
import { defineCommand, type Command, type Io } from '../command.ts'
import { exitStatus } from '../exit-status.ts'
import { addressAndRole } from '../stack/address-text.ts'
import { runningStackIfAny } from '../stack/connection.ts'
import { stackSettings } from '../stack-settings.ts'
import { tierPaint } from '../terminal/colours.ts'
import { paintState } from '../terminal/states.ts'
import { table } from '../terminal/table.ts'
import { age, memory } from '../terminal/units.ts'

export const status: Command = defineCommand({
  name: 'status',
  summary: 'Show the instances: state, age, memory, restarts, address',
  usage: '[--json]',
  description:
    'Memory is the proportional set size (PSS) where the system has it: pages that processes share count once in the sum. ' +
    'Exits 3 when no stack is running.',
  options: { json: { type: 'boolean', description: 'print JSON; {"running":false} when there is no stack' } },
  examples: [
    { command: './roundtrip status', about: 'the table' },
    { command: './roundtrip status --json | jq .memoryBytes', about: 'one number for a script' },
  ],
  run: async ({ values }, io) => {
    const { root } = stackSettings(io)
    const client = runningStackIfAny(root)
    if (client === undefined) {
      const sentence = `No stack is running in ${root}. Start one with ./roundtrip up.`
      io.stdout.write(values.json === true ? '{"running":false}\n' : `${sentence}\n`)
      return exitStatus.notRunning
    }
    const instances = await client.status()
    const summary = { ...summaryOf(instances), pid: client.pid, startedAt: client.startedAt }
    const text =
      values.json === true
        ? JSON.stringify({ running: true, root, ...summary, instances })
        : statusText(instances, summary, io)
    io.stdout.write(`${text}\n`)
    return exitStatus.ok
  },
})

interface Summary {
  readonly pid: number
  readonly startedAt: string
  /** All processes, the supervising one included. */
  readonly memoryBytes: number
  /** Instances that are meant to run and do. */
  readonly ready: number
  readonly total: number
}

const summaryOf = (rows: readonly StatusRow[]): Pick<Summary, 'memoryBytes' | 'ready' | 'total'> => {
  // A task that has done its work, such as the migration, is not expected to run.
  const lasting = rows.filter(({ kind }) => kind !== 'launcher' && kind !== 'task')
  return {
    memoryBytes: rows.reduce((sum, { memoryBytes = 0 }) => sum + memoryBytes, 0),
    ready: lasting.filter(({ state }) => state === 'ready').length,
    total: lasting.length,
  }
}

const columns = [
  { title: 'INSTANCE' },
  { title: 'STATE' },
  { title: 'PID', align: 'right' },
  { title: 'UPTIME', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'RESTARTS', align: 'right' },
  { title: 'ADDRESS' },
] as const

/** Where the row of an edge, with all of its addresses, no longer fits. */
const narrowColumns = 110

const firstOf = (addresses: StatusRow['addresses']): StatusRow['addresses'] =>
  Object.fromEntries(Object.entries(addresses).slice(0, 1))

const statusText = (rows: readonly StatusRow[], summary: Summary, { colours, isTty, unicode, width }: Io): string => {
  const isNarrow = isTty && width < narrowColumns
  const none = colours.dim(unicode ? '–' : '-')
  const shown = isNarrow ? rows.map((row) => ({ ...row, addresses: firstOf(row.addresses) })) : rows
  const cells = shown.map(({ name, tier, state, pid, uptimeMs, memoryBytes, restarts, ...where }) => [
    tierPaint(colours, tier)(name),
    paintState(colours, state),
    pid === undefined ? none : String(pid),
    uptimeMs === undefined ? none : age(uptimeMs),
    memoryBytes === undefined ? none : memory(memoryBytes),
    restarts === 0 ? colours.dim('0') : colours.yellow(String(restarts)),
    addressAndRole(where),
  ])
  const { ready, total, memoryBytes, startedAt } = summary
  const count = `${ready} of ${total} ready`
  return [
    ...table(columns, cells, { colours }),
    '',
    `${ready === total ? colours.green(count) : colours.yellow(count)}, up for ${age(Date.now() - Date.parse(startedAt))}, ${colours.bold(memory(memoryBytes))} in all`,
  ].join('\n')
}
