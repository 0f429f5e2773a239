/** @packageDocumentation One service as several processes that share its ports: started, replaced, asked and ended together. */
export { BusHub } from './bus-hub.ts'
export { groupHealth } from './group-health.ts'
export { joinGroup, type AcceptFrom, type Channel, type InheritedSocket, type Membership } from './join-group.ts'
export { inTime, LocalBus } from './local-bus.ts'
export type { Address } from './slot-sockets.ts'
export { startWorkerGroup, type StartGroupOptions, type StartedGroup, type TellOne } from './start-group.ts'
export {
  healthTopic,
  processFiguresTopic,
  recycleTopic,
  replaceTopic,
  reportFigures,
  retireTopic,
  workerEndedTopic,
  workerStatusTopic,
  type ProcessFigures,
  type Recycled,
} from './topics.ts'
export { topic, type RequestOptions, type Topic, type TopicHandler, type WorkerBus } from './worker-bus.ts'
export { workerCount } from './worker-count.ts'
export type { WorkerStatus } from './worker-group.ts'
