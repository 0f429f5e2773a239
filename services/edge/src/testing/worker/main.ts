/** A worker whose answers say which process gave them: what tests of workers start in place of an edge's. */
import { runService } from '@roundtrip/service'
import { workInGroup } from '../../workers/work-in-group.ts'
import { fixtureSettings, startFixture } from '../fixture-edge.ts'

await runService(
  {
    name: 'edge',
    settings: fixtureSettings,
    start: async (surroundings) => startFixture(surroundings, await workInGroup(process, surroundings.log)),
  },
  process.env,
)
