/** @packageDocumentation Connections to Redis: deadlines, coming back, and outages told once. */
export { Circuit, CircuitOpenError, type CircuitOptions } from './circuit.ts'
export { patientRedis, promptRedis, tryConnect, type PromptRedisOptions, type RedisOptions } from './connection.ts'
export { watchOutages, type Log, type Outages } from './outages.ts'
export { reconnectDelayMs } from './reconnect-delay.ts'
