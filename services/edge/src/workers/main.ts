/** A worker process of the edge: started by the parent, whose channel says what to do. */
import { runService } from '@roundtrip/service'
import { edgeSettings } from '../config.ts'
import { startEdge } from '../start.ts'
import { workInGroup } from './work-in-group.ts'

await runService(
  {
    name: 'edge',
    settings: edgeSettings,
    start: async (surroundings) => startEdge(surroundings, await workInGroup(process, surroundings.log)),
  },
  process.env,
)
