/** What the processes have in common that do one thing to the database and exit: their settings, and how they fail. */
import { env, exit, stderr } from 'node:process'
import { loadSettings, type Environment } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import { migrateSettings, type MigrateSettings } from './config.ts'

/** Exit status for a wrong command line, as `roundtrip` has it, and for wrong settings (`EX_CONFIG`, sysexits.h). */
const exitUsage = 2
const exitConfig = 78

/** Only the variables of this process: beside them stand those of app, which are not checked here. */
const ownVariables = ({
  APP_PRIMARY_URL,
  APP_REPLICA_URLS,
  APP_DATABASE_PASSWORD,
  APP_DATABASE_PASSWORD_FILE,
}: Environment) => ({
  APP_PRIMARY_URL,
  APP_REPLICA_URLS,
  APP_DATABASE_PASSWORD,
  APP_DATABASE_PASSWORD_FILE,
})

/** Nobody else waits behind one who asks once, and there is no next request that finds the database rested. */
export const patient = { connectTimeoutMs: 3_000, probeTimeoutMs: 3_000, poolWaitMs: 3_000 }

const exitStatusOf = (error: unknown): number => {
  if (error instanceof RoundtripError && error.code === 'SETTINGS_INVALID') return exitConfig
  const isUsage = error instanceof RoundtripError && error.code === 'USAGE'
  return isUsage || (error as NodeJS.ErrnoException | null)?.code?.startsWith('ERR_PARSE_ARGS') === true ? exitUsage : 1
}

/** @param name as it begins the sentence for a failure */
export const runOnce = async (name: string, work: (settings: MigrateSettings) => Promise<void>): Promise<void> => {
  try {
    await work(loadSettings('APP', migrateSettings, ownVariables(env)))
  } catch (error) {
    stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`)
    exit(exitStatusOf(error))
  }
}
