/** The worker process. */
import { runService } from '@roundtrip/service'
import { workerSettings } from './config.ts'
import { startWorker } from './start.ts'

await runService({ name: 'worker', settings: workerSettings, start: startWorker }, process.env)
