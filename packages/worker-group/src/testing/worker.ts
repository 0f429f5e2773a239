/** For tests: a worker process that joins its group and then does as the briefing says. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { joinGroup, type InheritedSocket } from '../join-group.ts'
import { retireTopic } from '../topics.ts'
import { topic } from '../worker-bus.ts'

const silent = (): void => undefined
const log = { debug: silent, info: silent, warn: silent, error: silent }

const { briefing, slot, bus, socketOf, onCover } = await joinGroup(process, log)
const { exitStatus, listens, waits } = briefing as {
  readonly exitStatus?: number
  /** Answers each connection to `tcp` with its process id. */
  readonly listens?: boolean
  /** Until `test.go` is said. */
  readonly waits?: boolean
}
if (exitStatus !== undefined) process.exit(exitStatus)
bus.subscribe(retireTopic, () => void process.send?.({ type: 'publish', topic: 'test.retired', payload: process.pid }))
process.on('SIGTERM', () => process.exit(0))
process.on('disconnect', () => process.exit(1))
if (waits === true) await new Promise((resolve) => void bus.subscribe(topic<null, unknown>('test.go'), resolve))
const accept = async (socket: InheritedSocket): Promise<() => void> => {
  const server = createServer((connection) => void connection.end(String(process.pid))).listen(socket)
  await once(server, 'listening')
  return () => void server.close()
}
if (listens === true) {
  await accept(socketOf('tcp'))
  onCover('tcp', accept)
}
process.send?.({ type: 'ready', listeners: { slot: String(slot) } })
