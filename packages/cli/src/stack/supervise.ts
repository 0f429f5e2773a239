/** Runs a stack from its start to its end: what `up` in the foreground and a detached supervisor share. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startStack, type Stack, type StackAddresses, type StackEvent } from '@roundtrip/stack'
import type { OwnApp, StackSettings } from '../stack-settings.ts'
import { dataAccessOf } from './data-access.ts'
import type { Interrupts } from './interrupts.ts'
import { stackOptionsOf } from './own-app.ts'
import type { Report } from './report.ts'

export interface Supervision {
  readonly settings: StackSettings
  /** Names of instances or tiers; all when empty, but for the shop when there is an app in its place. */
  readonly include: readonly string[]
  /** The launcher above this process, which lives only to run it. */
  readonly parentPids?: readonly number[]
}

export interface SupervisionView {
  readonly onEvent: (event: StackEvent) => void
  readonly onReady: (report: Report) => void
  /** Not called when somebody else stops the stack. @param reason a signal, or who went away */
  readonly onStopping: (reason: string) => void
}

export type Outcome = 'stopped' | 'interrupted'

/**
 * Resolves when everything has stopped, `interrupted` when it never became ready.
 *
 * @throws RoundtripError what `startStack` throws
 */
export const supervise = async (
  { settings, include, parentPids = [] }: Supervision,
  interrupts: Interrupts,
  view: SupervisionView,
): Promise<Outcome> => {
  const beganMs = performance.now()
  const cold = !existsSync(join(settings.root, 'pki'))
  const calledOff = new AbortController()
  const starting = startStack({
    ...stackOptionsOf(settings, include),
    parentPids,
    onEvent: view.onEvent,
    signal: calledOff.signal,
  })
  const outcome = await Promise.race([starting.then(() => 'ready' as const), interrupts.first])
  if (outcome !== 'ready') {
    view.onStopping(outcome)
    calledOff.abort()
    // It may have become ready in the same moment. Why it failed matters to nobody any more.
    await starting.then((stack) => stack.stop()).catch(() => undefined)
    return 'interrupted'
  }
  const stack = await starting
  view.onReady(await reportOf(stack, { tookMs: performance.now() - beganMs, cold, ownApp: settings.ownApp }))
  const reason = await Promise.race([interrupts.first, stack.stopped])
  if (reason !== undefined) view.onStopping(reason)
  await stack.stop()
  return 'stopped'
}

interface Start {
  readonly tookMs: number
  readonly cold: boolean
  readonly ownApp: OwnApp | undefined
}

const reportOf = async (stack: Stack, { tookMs, cold, ownApp }: Start): Promise<Report> => ({
  pid: process.pid,
  stack: addressesOf(stack),
  data: dataAccessOf(stack),
  postgresFolder: stack.postgresFolder,
  instances: await stack.status(),
  tookMs,
  cold,
  ...(ownApp !== undefined && { ownApp }),
})

const addressesOf = ({ root, publicName, caFile, dns, edges, addresses, mailboxFolder }: Stack): StackAddresses => ({
  root,
  publicName,
  caFile,
  dns,
  edges,
  addresses,
  mailboxFolder,
})
