/** One-shot process: brings the database up to date, with `--seed` fills it when it is empty, and exits. */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createDatabase, findPrimary } from '@roundtrip/postgres'
import { migrate } from '@roundtrip/postgres/migrate'
import { createLogger, type Logger } from '@roundtrip/service'
import type { MigrateSettings } from './config.ts'
import { patient, runOnce } from './one-shot.ts'
import { seed } from './seed.ts'

const folder = fileURLToPath(new URL('../migrations', import.meta.url))
const seedTimeoutMs = 60_000

const run = async (settings: MigrateSettings, withSeed: boolean, log: Logger): Promise<void> => {
  const { replicaUrls, databasePassword: password } = settings
  // A failover may have moved it since the settings were written.
  const primaryUrl = await findPrimary([settings.primaryUrl, ...replicaUrls], password)
  const migrations = await migrate({ url: primaryUrl, password, folder, log })
  log.info({ migrations }, `${migrations.length} migrations run`)
  if (!withSeed) return
  const database = createDatabase({ ...patient, primaryUrl, password, writeTimeoutMs: seedTimeoutMs, poolMax: 1, log })
  try {
    const { value: seeded } = await database.write(seed)
    log.info({ seeded }, seeded ? 'seeded' : 'not empty: not seeded')
  } finally {
    await database.close()
  }
}

await runOnce('migrate', async (settings) => {
  const { values } = parseArgs({ options: { seed: { type: 'boolean', default: false } } })
  await run(settings, values.seed, createLogger('app', 'migrate', 'info'))
})
