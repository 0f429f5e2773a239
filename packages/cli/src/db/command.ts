/** `roundtrip db <what>`: who is the primary of the running stack, and a failover to another one. */
import { nearest } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import { defineCommand, type Command, type Io } from '../command.ts'
import { exitStatus } from '../exit-status.ts'
import { instanceNamed } from '../instance-names.ts'
import { runningStack } from '../stack/connection.ts'
import { failoverText } from './failover-text.ts'
import { databaseText } from './status-text.ts'

const verbs = ['status', 'failover'] as const

export const dbCommand: Command = defineCommand({
  name: 'db',
  summary: 'Show the roles of the Postgres servers, and fail over to another primary',
  usage: '[options] status|failover',
  description:
    'status: role, timeline, position and lag of each server.' +
    '\n\nfailover: stops the primary, waits until a replica has all of its changes, makes that the primary and the former one ' +
    'its replica. Writes are refused with 503 and Retry-After in between; reads go on. It also works when the primary is ' +
    'frozen or dead: what it had acknowledged and not yet sent is then read from its disk. A second failover goes back.' +
    '\n\nInstances keep their names: postgres-replica may well be the primary.',
  options: {
    to: {
      type: 'string',
      value: 'NAME',
      description: 'failover: the replica to promote; the most advanced one by default',
    },
    'accept-loss': {
      type: 'boolean',
      description: 'failover: go on also when acknowledged changes are lost, as the data of the dead primary is gone',
    },
    json: { type: 'boolean', description: 'print JSON' },
  },
  positionals: { min: 1 },
  examples: [
    { command: './roundtrip db status', about: 'who is the primary?' },
    { command: './roundtrip db failover', about: 'and back again with the same command' },
    { command: './roundtrip kill postgres-primary; ./roundtrip db failover', about: 'after a crash' },
  ],
  run: async ({ values, positionals: [word = ''] }, io) => {
    const { to, 'accept-loss': acceptLoss, json = false } = values
    const verb = verbNamed(word)
    if (verb === 'status' && (to !== undefined || acceptLoss === true)) {
      throw new RoundtripError('USAGE', '--to and --accept-loss go with failover: ./roundtrip db failover.')
    }
    if (to !== undefined) instanceNamed(to)
    const { database } = runningStack(io)
    if (verb === 'status') {
      const status = await database.status()
      return print(json ? [JSON.stringify(status)] : databaseText(status, io), io)
    }
    const report = await database.failover({ to, acceptLoss })
    return print(json ? [JSON.stringify(report)] : failoverText(report, io), io)
  },
})

const verbNamed = (word: string): (typeof verbs)[number] => {
  const verb = verbs.find((known) => known === word)
  if (verb !== undefined) return verb
  const guess = nearest(word, verbs)
  const hint = guess === undefined ? ` There are ${verbs.join(' and ')}.` : ` Did you mean ${guess}?`
  throw new RoundtripError('USAGE', `There is nothing called ${JSON.stringify(word)} to ask of the database.${hint}`)
}

const print = (lines: readonly string[], { stdout }: Io): number => {
  stdout.write(`${lines.join('\n')}\n`)
  return exitStatus.ok
}
