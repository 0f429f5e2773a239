/** `roundtrip token`: a token for the shop's API, made by the shop's own one-shot process on the running stack's database. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { database } from '@roundtrip/stack'
import { RoundtripError } from '@roundtrip/errors'
import { defineCommand, type Command, type Io } from '../command.ts'
import { exitStatus } from '../exit-status.ts'
import { runningStack } from '../stack/connection.ts'
import { stackSettings } from '../stack-settings.ts'

export const token: Command = defineCommand({
  name: 'token',
  summary: 'Print a token for the shop’s API, or give an account a role',
  usage: '[options]',
  description:
    'Products are changed by staff only. The token is of an account that tools share and nobody can sign in to; it goes into ' +
    'Authorization: Bearer. With --email no token is made: that account, opened at /sign-up before, gets the role, from its next ' +
    'sign-in on. The first admin is made this way.',
  options: {
    role: { type: 'string', value: 'ROLE', description: 'customer, staff or admin; staff by default' },
    hours: { type: 'string', value: 'N', description: 'how long the token counts; 1 by default' },
    email: { type: 'string', value: 'MAIL', description: 'the account that gets the role' },
  },
  examples: [
    {
      command: 'curl -H "Authorization: Bearer $(./roundtrip token)" -X POST …/api/products …',
      about: 'add a product',
    },
    { command: './roundtrip token --email alice@example.com --role admin', about: 'the first admin' },
  ],
  run: async ({ values }, io) => {
    const { role, hours, email } = values
    const given = Object.entries({ role, hours, email }).filter(([, value]) => value !== undefined)
    return grant(
      given.map(([name, value]) => `--${name}=${String(value)}`),
      io,
    )
  },
})

/** Wherever the primary is by now: a failover may have moved it. */
const primaryUrl = async (io: Io): Promise<string> => {
  const { primary, nodes } = await runningStack(io).database.status()
  const address = nodes.find(({ name }) => name === primary)?.address
  if (address === undefined) throw new RoundtripError('DATABASE_UNAVAILABLE')
  return `postgres://${database.user}@${address}/${database.name}`
}

const grant = async (args: readonly string[], io: Io): Promise<number> => {
  const child = spawn(process.execPath, [join(io.projectRoot, 'services/app/src/grant.ts'), ...args], {
    env: {
      APP_PRIMARY_URL: await primaryUrl(io),
      APP_DATABASE_PASSWORD_FILE: join(stackSettings(io).root, 'secrets', 'database-password'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.pipe(io.stdout, { end: false })
  child.stderr.pipe(io.stderr, { end: false })
  const [status] = (await once(child, 'close')) as [number | null]
  return status ?? exitStatus.failure
}
