/** What a failover works on: the Postgres servers that run, their data, and the apps that follow them. */
import { RoundtripError } from '@roundtrip/errors'
import type { ClientConfig } from 'pg'
import type { Roles } from '../postgres/roles.ts'
import type { SupervisedInstance } from '../supervised-instance.ts'

export interface Cluster {
  readonly roles: Roles
  /** Of those that this stack runs. */
  readonly servers: readonly SupervisedInstance[]
  /** Instances of the shop's application, with their origins. */
  readonly apps: readonly { readonly instance: SupervisedInstance; readonly origin: string }[]
  folderOf(name: string): string
  /** As superuser. */
  configOf(name: string): ClientConfig
  /** Whether the stack is stopping: nobody is started any more. */
  readonly isClosing: () => boolean
  /** Told as it happens. */
  readonly onStep: (what: string) => void
  /** Monotonic, in milliseconds. */
  readonly clock: () => number
}

/** @throws RoundtripError `FAILOVER_REFUSED` when the stack does not run it */
export const serverOf = ({ servers }: Cluster, name: string): SupervisedInstance => {
  const server = servers.find((candidate) => candidate.name === name)
  if (server !== undefined) return server
  throw new RoundtripError('FAILOVER_REFUSED', `This stack does not run ${name}: start all of it with ./roundtrip up.`)
}

/** Asks until it is so; false when the time is over. A question that fails is asked again. */
export const within = async (
  { clock }: Pick<Cluster, 'clock'>,
  timeoutMs: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<boolean> => {
  const endMs = clock() + timeoutMs
  for (;;) {
    if (await askedSafely(isSo)) return true
    if (clock() >= endMs) return false
    await new Promise((resolve) => {
      setTimeout(resolve, 25)
    })
  }
}

const askedSafely = async (question: () => boolean | Promise<boolean>): Promise<boolean> => {
  try {
    return await question()
  } catch {
    return false
  }
}
