/** A worker process of the application: started by the parent, whose channel says what to do. */
import { runService } from '@roundtrip/service'
import { appSettings } from '../config.ts'
import { startApp } from '../start.ts'
import { workInGroup } from './workplace.ts'

await runService(
  {
    name: 'app',
    settings: appSettings,
    start: async (surroundings) => startApp(surroundings, await workInGroup(process, surroundings.log)),
  },
  process.env,
)
