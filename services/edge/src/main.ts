/** Starts the edge: settings from the environment, then run until told to stop. */
import { runService } from '@roundtrip/service'
import { edgeSettings } from './config.ts'
import { startEdge } from './start.ts'

await runService({ name: 'edge', settings: edgeSettings, start: startEdge }, process.env)
