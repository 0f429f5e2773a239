/** From settings to a running service to a clean exit: the part that every `main.ts` shares. */
import type { Server } from 'node:http'
import type { Environment } from '@roundtrip/config'
import type { Static, TObject } from 'typebox'
import type { CommonSettings } from './common-settings.ts'
import type { Component, Surroundings } from './component.ts'
import { mendStringPrototype } from './fast-strings.ts'
import { addressOf, listenForHealth } from './health-listener.ts'
import { createLogger, type Logger } from './logger.ts'
import { Probes } from './probes.ts'
import { readSettings, type AllSettings } from './read-settings.ts'
import { shutDown, standAside, stopRequested } from './shutdown.ts'
import { explainStartError } from './start-error.ts'
import { keepNewObjectsYoung } from './young-objects.ts'

/** Exit status for wrong settings (`EX_CONFIG`, sysexits.h). */
const exitConfig = 78

export interface ServiceDefinition<T extends TObject> {
  /** `edge`; its settings have the prefix `EDGE`. */
  readonly name: string
  readonly settings: T
  readonly start: (surroundings: Surroundings<Readonly<Static<T>>>) => Promise<Component>
}

/**
 * Runs a service until it is told to stop (SIGTERM, SIGINT, or its parent going away), then drains and exits 0;
 * 1 when draining ran out of time or the start failed, 78 when the settings are wrong.
 *
 * Settings come from the environment; `--settings FILE` names a file of `NAME=value` lines that stand below it.
 */
export const runService = async <T extends TObject>(
  definition: ServiceDefinition<T>,
  processEnvironment: Environment,
): Promise<void> => {
  keepNewObjectsYoung()
  const { name } = definition
  const { common, settings } = settingsOrExit(definition, processEnvironment)
  const instance = common.instance ?? name
  const log = createLogger(name, instance, common.logLevel)
  process.on('uncaughtException', (error) => {
    log.error({ error }, 'uncaught exception; exiting')
    process.exit(1)
  })

  // Heard from now on: a signal that comes during the start must not be lost.
  const stop = stopRequested()
  void stop.then((reason) => log.info({ reason }, 'draining'))
  const probes = new Probes()
  const health = await startOrExit(name, 'SERVICE_HEALTH', log, () => startHealth(common, probes))
  const starting = startOrExit(name, name, log, () => definition.start({ settings, log, instance }))
  const component = await Promise.race([starting, stop])
  // Nothing is in hand before the service is ready, so there is nothing to drain.
  if (typeof component === 'string') process.exit(0)
  mendStringPrototype()

  probes.started(component)
  log.info({ listeners: component.listeners, pid: process.pid }, `${instance} is ready`)
  if (process.connected) {
    process.send?.({ type: 'ready', listeners: component.listeners, health: health && addressOf(health) })
  }

  await stop
  probes.retiring()
  await standAside(component, common.lameDuckMs)
  const status = await shutDown(component, common.drainTimeoutMs, log)
  log.info({ outcome: status === 0 ? 'drained' : 'late' }, 'stopped')
  process.exit(status)
}

const settingsOrExit = <T extends TObject>(
  { name, settings }: ServiceDefinition<T>,
  environment: Environment,
): AllSettings<T> => {
  try {
    return readSettings(name, settings, environment, process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${name}: the settings are not valid.\n${(error as Error).message}\n`)
    process.exit(exitConfig)
  }
}

/** @param prefix of the settings that say where to listen */
const startOrExit = async <Started>(
  name: string,
  prefix: string,
  log: Logger,
  start: () => Promise<Started>,
): Promise<Started> => {
  try {
    return await start()
  } catch (error) {
    const { message, code } = explainStartError(error, prefix)
    log.error({ error, code }, `cannot start: ${message}`)
    process.stderr.write(`${name}: cannot start: ${message}\n`)
    process.exit(code === 'SETTINGS_INVALID' ? exitConfig : 1)
  }
}

/** Before anything else starts: who watches a slow start is to see that it is one. */
const startHealth = async (
  { healthHost, healthPort }: Readonly<CommonSettings>,
  probes: Probes,
): Promise<Server | undefined> =>
  healthPort === undefined ? undefined : listenForHealth(healthHost, healthPort, probes)
