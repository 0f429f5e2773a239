/** @packageDocumentation What every main.ts shares: run, health, drain and shutdown, logger. */
export { commonSettings, type CommonSettings } from './common-settings.ts'
export type { Component, Health, Surroundings } from './component.ts'
export { addressOf, listenForHealth, type Watched } from './health-listener.ts'
export { createLogger, type Logger } from './logger.ts'
export { runService, type ServiceDefinition } from './run-service.ts'
export { explainStartError, type StartError } from './start-error.ts'
