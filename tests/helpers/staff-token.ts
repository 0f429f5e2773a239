/** A token of staff for the shop's API, from the application's own one-shot process. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { projectFolder, type DataAccess } from '@roundtrip/stack'

const run = promisify(execFile)

/** @returns what goes behind `Authorization: Bearer` @throws Error when the database cannot be written */
export const staffTokenOf = async ({ primaryUrl, databasePassword }: DataAccess): Promise<string> => {
  const { stdout } = await run(process.execPath, [join(projectFolder, 'services/app/src/grant.ts')], {
    env: { APP_PRIMARY_URL: primaryUrl, APP_DATABASE_PASSWORD: databasePassword },
  })
  return stdout.trim()
}
