/** Starts the edge: settings from the environment, then run until told to stop. */
import { runService } from '@roundtrip/service'
import { edgeSettings } from './config.ts'
import { startProcesses } from './start-processes.ts'

await runService(
  { name: 'edge', settings: edgeSettings, start: (surroundings) => startProcesses(surroundings, process.env) },
  process.env,
)
