/** One-shot process: brings the database up to date, with `--seed` fills it when it is empty, and exits. */
import { env, exit, stderr } from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadSettings, type Environment } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import { createDatabase } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { createLogger, type Logger } from '@roundtrip/service'
import { migrateSettings, type MigrateSettings } from './config.ts'
import { seed } from './seed.ts'

const folder = fileURLToPath(new URL('../migrations', import.meta.url))
/** Exit status for wrong settings (`EX_CONFIG`, sysexits.h). */
const exitConfig = 78
const seedTimeoutMs = 60_000

/** Only the variables of this process: beside them stand those of app, which are not checked here. */
const ownVariables = ({ APP_PRIMARY_URL, APP_DATABASE_PASSWORD, APP_DATABASE_PASSWORD_FILE }: Environment) => ({
  APP_PRIMARY_URL,
  APP_DATABASE_PASSWORD,
  APP_DATABASE_PASSWORD_FILE,
})

const run = async (settings: MigrateSettings, withSeed: boolean, log: Logger): Promise<void> => {
  const { primaryUrl, databasePassword: password } = settings
  const migrations = await migrate({ url: primaryUrl, password, folder, log })
  log.info({ migrations }, `${migrations.length} migrations run`)
  if (!withSeed) return
  const database = createDatabase({ primaryUrl, password, writeTimeoutMs: seedTimeoutMs, poolMax: 1, log })
  try {
    const { value: seeded } = await database.write(seed)
    log.info({ seeded }, seeded ? 'seeded' : 'not empty: not seeded')
  } finally {
    await database.close()
  }
}

try {
  const { values } = parseArgs({ options: { seed: { type: 'boolean', default: false } } })
  await run(
    loadSettings('APP', migrateSettings, ownVariables(env)),
    values.seed,
    createLogger('app', 'migrate', 'info'),
  )
} catch (error) {
  stderr.write(`migrate: ${error instanceof Error ? error.message : String(error)}\n`)
  exit(error instanceof RoundtripError && error.code === 'SETTINGS_INVALID' ? exitConfig : 1)
}
