/** From settings to a running service to a clean exit: the part that every `main.ts` shares. */
import { readFileSync } from 'node:fs'
import { parseArgs, parseEnv } from 'node:util'
import { loadSettings, type Environment } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import type { Static, TObject } from 'typebox'
import { commonSettings, type CommonSettings } from './common-settings.ts'
import type { Component, Surroundings } from './component.ts'
import { addressOf, listenForHealth } from './health-listener.ts'
import { createLogger, type Logger } from './logger.ts'
import { explainStartError } from './start-error.ts'

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
  const { common, settings } = settingsOrExit(definition, processEnvironment)
  const instance = common.instance ?? definition.name
  const log = createLogger(definition.name, instance, common.logLevel)
  process.on('uncaughtException', (error) => {
    log.error({ error }, 'uncaught exception; exiting')
    process.exit(1)
  })

  let component: Component
  try {
    component = await definition.start({ settings, log, instance })
  } catch (error) {
    const { message, code } = explainStartError(error, definition.name)
    log.error({ error, code }, `cannot start: ${message}`)
    process.stderr.write(`${definition.name}: cannot start: ${message}\n`)
    process.exit(code === 'SETTINGS_INVALID' ? exitConfig : 1)
  }
  const health = await startHealth(common, component)
  log.info({ listeners: component.listeners, pid: process.pid }, `${instance} is ready`)
  process.send?.({ type: 'ready', listeners: component.listeners, health: health && addressOf(health.server) })
  stopOnSignal(component, health, common, log)
}

const settingsOrExit = <T extends TObject>(definition: ServiceDefinition<T>, environment: Environment) => {
  try {
    const all = { ...settingsFile(), ...environment }
    // Both are read before either is reported, so that one start shows every problem.
    const problems: string[] = []
    const attempt = <S extends TObject>(prefix: string, schema: S): Readonly<Static<S>> | undefined => {
      try {
        return loadSettings(prefix, schema, all)
      } catch (error) {
        problems.push((error as Error).message)
        return undefined
      }
    }
    const common = attempt('SERVICE', commonSettings)
    const settings = attempt(definition.name.toUpperCase(), definition.settings)
    if (common !== undefined && settings !== undefined) return { common, settings }
    throw new RoundtripError('SETTINGS_INVALID', problems.join('\n'))
  } catch (error) {
    process.stderr.write(`${definition.name}: the settings are not valid.\n${(error as Error).message}\n`)
    process.exit(exitConfig)
  }
}

const settingsFile = (): Environment => {
  const { values } = parseArgs({ options: { settings: { type: 'string' } } })
  return values.settings === undefined ? {} : parseEnv(readFileSync(values.settings, 'utf8'))
}

const startHealth = async (common: Readonly<CommonSettings>, component: Component) => {
  if (common.healthPort === undefined) return undefined
  const state = { draining: false }
  const server = await listenForHealth(common.healthHost, common.healthPort, async () =>
    state.draining ? { ready: false, checks: { draining: 'yes' } } : component.health(),
  )
  return { server, state }
}

type HealthListener = Awaited<ReturnType<typeof startHealth>>

const stopOnSignal = (
  component: Component,
  health: HealthListener,
  common: Readonly<CommonSettings>,
  log: Logger,
): void => {
  let stopping = false
  const stop = async (reason: string): Promise<void> => {
    if (stopping) return
    stopping = true
    log.info({ reason }, 'draining')
    if (health !== undefined) health.state.draining = true
    const { promise: deadline, resolve } = Promise.withResolvers<'late'>()
    const timer = setTimeout(resolve, common.drainTimeoutMs, 'late')
    const outcome = await Promise.race([component.drain().then(() => 'drained' as const), deadline])
    clearTimeout(timer)
    await component.close()
    health?.server.close()
    log.info({ outcome }, 'stopped')
    process.exit(outcome === 'drained' ? 0 : 1)
  }
  const stopOrFail = (reason: string): void => {
    stop(reason).catch((error: unknown) => {
      log.error({ error }, 'shutdown failed')
      process.exit(1)
    })
  }
  process.on('SIGTERM', () => stopOrFail('SIGTERM'))
  process.on('SIGINT', () => stopOrFail('SIGINT'))
  // The channel to a supervising parent closes when that parent dies, however it dies.
  process.on('disconnect', () => stopOrFail('the parent process went away'))
}
