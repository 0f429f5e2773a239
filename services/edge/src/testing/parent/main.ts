/** A parent of such workers, as a process that a test can signal. */
import { join } from 'node:path'
import { runService } from '@roundtrip/service'
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
        ticketRotationMs: 3_600_000,
        maxCounts: 1000,
        environment: process.env,
        file: join(import.meta.dirname, '../worker/main.ts'),
      })
      return component
    },
  },
  process.env,
)
