/** The application tier: settings from the environment, then run until told to stop. */
import { runService } from '@roundtrip/service'
import { appSettings } from './config.ts'
import { startProcesses } from './processes/start-processes.ts'

await runService(
  { name: 'app', settings: appSettings, start: (surroundings) => startProcesses(surroundings, process.env) },
  process.env,
)
