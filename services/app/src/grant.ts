/** One-shot process: prints an API token for tools of a role, or gives an account a role, and exits. */
import { stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { RoundtripError } from '@roundtrip/errors'
import { createDatabase } from '@roundtrip/postgres'
import { createLogger } from '@roundtrip/service'
import { roles, type Role } from './auth/account.ts'
import { promote, toolToken } from './auth/grant.ts'
import { patient, runOnce } from './one-shot.ts'

const secondsPerHour = 3600
const maxHours = 24 * 365

const roleOf = (text: string): Role => {
  const role = roles.find((one) => one === text)
  if (role === undefined) throw new RoundtripError('USAGE', `--role is one of ${roles.join(', ')}.`)
  return role
}

const hoursOf = (text: string): number => {
  const hours = Number(text)
  if (hours > 0 && hours <= maxHours) return hours
  throw new RoundtripError('USAGE', `--hours is a number above 0 and up to ${maxHours}.`)
}

await runOnce('grant', async ({ primaryUrl, replicaUrls, databasePassword: password }) => {
  const { values } = parseArgs({
    options: {
      role: { type: 'string', default: 'staff' },
      hours: { type: 'string', default: '1' },
      email: { type: 'string' },
    },
  })
  const { email } = values
  const [role, hours] = [roleOf(values.role), hoursOf(values.hours)]
  const database = createDatabase({
    ...patient,
    primaryUrl,
    replicaUrls,
    password,
    poolMax: 1,
    log: createLogger('app', 'grant', 'error'),
  })
  try {
    if (email === undefined) {
      const { value } = await database.write((tx) => toolToken(tx, role, hours * secondsPerHour))
      stdout.write(`${value}\n`)
    } else {
      await database.write((tx) => promote(tx, email, role))
      stdout.write(`${email} is ${role} from the next sign-in on\n`)
    }
  } finally {
    await database.close()
  }
})
