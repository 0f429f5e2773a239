/** Starts a whole stack, or a part of it, as real processes; what fails half way is taken down again. */
import { EventEmitter } from 'node:events'
import { RoundtripError } from '@roundtrip/errors'
import { forEachInStartOrder } from './dependency-order.ts'
import type { StackEvent } from './events.ts'
import { assignAddresses, checkPorts } from './ports.ts'
import { reapOrphans, startReaper, type Reaper } from './reaper.ts'
import { prepareRecipes } from './recipes.ts'
import { Roles } from './postgres/roles.ts'
import { RunningStack } from './running-stack.ts'
import { ensureSecrets } from './secrets.ts'
import type { Stack, StackOptions } from './stack.ts'
import { openStateFolder, type StateFolder } from './state-folder.ts'
import { specsByRole } from './specs-by-role.ts'
import { instances, postgresServers, type InstanceSpec } from './topology.ts'

/**
 * Resolves when every instance is ready.
 *
 * @throws RoundtripError `STACK_ALREADY_RUNNING`, `PORT_IN_USE`, `USAGE` for an unknown name in `include`, or
 * `STACK_START_FAILED` with the last output of the instance that failed. Nothing is left running then.
 */
export const startStack = async (options: StackOptions = {}): Promise<Stack> => {
  const specs = included(options)
  const state = openStateFolder(options.root)
  try {
    return await startIn(state, specs, options)
  } catch (error) {
    // Between the choice of a free port and its use another process may take it; a second choice is as good.
    if (!lostPortRace(error, options)) throw error
    return await startIn(openStateFolder(options.root), specs, options)
  }
}

const included = ({ include }: StackOptions): readonly InstanceSpec[] => {
  if (include === undefined) return instances
  const unknown = include.filter((wanted) => !instances.some(({ name, tier }) => name === wanted || tier === wanted))
  if (unknown.length > 0) {
    const known = instances.map(({ name }) => name).join(', ')
    throw new RoundtripError('USAGE', `There is no instance or tier ${unknown.join(', ')}; the instances are ${known}.`)
  }
  return instances.filter(({ name, tier }) => include.includes(name) || include.includes(tier))
}

const lostPortRace = (error: unknown, { ports = 'free' }: StackOptions): boolean =>
  ports === 'free' && error instanceof RoundtripError && error.details['addressInUse'] === true

const startIn = async (
  state: StateFolder,
  specs: readonly InstanceSpec[],
  options: StackOptions,
): Promise<RunningStack> => {
  let reaper: Reaper | undefined
  let stack: RunningStack | undefined
  try {
    // Before the look at the ports: they may sit on some.
    await reapOrphans(state.processes)
    const addresses = await assignAddresses(options.ports ?? 'free')
    await checkPorts(specs, addresses)
    const secrets = ensureSecrets(state.secrets)
    const events = eventsFor(options)
    const onProgress = (message: string): void => void events.emit('event', { type: 'progress', message })
    const roles = new Roles(state.postgres, postgresServers)
    const recipes = await prepareRecipes({ specs, addresses, state, secrets, options, roles, onProgress })
    reaper = startReaper(state.processes)
    if (state.isTemporary && options.keepData !== true) reaper.removeFolder(state.root)
    stack = new RunningStack({ specs, addresses, state, secrets, options, events, reaper, recipes, roles })
    const running = stack
    await running.listenForControl()
    await untilAborted(
      options.signal,
      forEachInStartOrder(specsByRole(specs, roles.primary), ({ name }) => running.instance(name).start()),
    )
    return running
  } catch (error) {
    if (stack !== undefined) await stack.stop()
    else {
      await reaper?.close()
      state.release(false)
    }
    throw error
  }
}

const eventsFor = ({ onEvent }: StackOptions): EventEmitter<{ event: [StackEvent] }> => {
  const events = new EventEmitter<{ event: [StackEvent] }>()
  if (onEvent !== undefined) events.on('event', onEvent)
  return events
}

const untilAborted = async (signal: AbortSignal | undefined, work: Promise<void>): Promise<void> => {
  if (signal === undefined) return work
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(new RoundtripError('STACK_START_FAILED', 'The start was called off.'))
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort)
  // What goes on is ended by the stop that follows; its failure is no news then.
  work.catch(() => {})
  await Promise.race([work, aborted.promise]).finally(() => signal.removeEventListener('abort', onAbort))
}
