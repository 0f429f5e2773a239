/** For tests: a worker process that joins its group and then does as the briefing says. */
import { joinGroup } from '../join-group.ts'
import { retireTopic } from '../topics.ts'

const silent = (): void => undefined
const log = { debug: silent, info: silent, warn: silent, error: silent }

const { briefing, slot, bus } = await joinGroup(process, log)
const { exitStatus } = briefing as { readonly exitStatus?: number }
if (exitStatus !== undefined) process.exit(exitStatus)
bus.subscribe(retireTopic, () => void process.send?.({ type: 'publish', topic: 'test.retired', payload: process.pid }))
process.on('SIGTERM', () => process.exit(0))
process.on('disconnect', () => process.exit(1))
process.send?.({ type: 'ready', listeners: { slot: String(slot) } })
