/** A parent of such workers, as a process that a test can signal. */
import { join } from 'node:path'
import { runService } from '@roundtrip/service'
import { readEdgeFile } from '../../settings/read-edge-file.ts'
import { SettingsInForce } from '../../settings/settings-in-force.ts'
import { startWorkers } from '../../workers/start-workers.ts'
import { fixtureSettings } from '../fixture-edge.ts'

await runService(
  {
    name: 'edge',
    settings: fixtureSettings,
    start: async (surroundings) => {
      const { component } = await startWorkers({
        surroundings,
        count: Number(surroundings.settings.workers),
        inForce: new SettingsInForce(readEdgeFile(surroundings.settings)),
        environment: process.env,
        file: join(import.meta.dirname, '../worker/main.ts'),
      })
      return component
    },
  },
  process.env,
)
