/** Starts the web tier: settings from the environment, then run until told to stop. */
import { runService } from '@roundtrip/service'
import { webSettings } from './config.ts'
import { startWeb } from './start.ts'

await runService({ name: 'web', settings: webSettings, start: startWeb }, process.env)
