/** How each of the embedded Postgres servers is prepared and started. */
import { join } from 'node:path'
import { childEnvironment, unprivilegedAccount } from '../host.ts'
import type { ProcessPlan } from '../run-process.ts'
import type { Addresses } from '../stack.ts'
import type { PostgresBinaries } from './binaries.ts'
import { clearLeftovers, copyCluster, ensureParent, initialise, isInitialised } from './data-folder.ts'
import { changePassword, provision, slotOf, superuserConfig } from './primary.ts'
import { prepareReplica } from './replica.ts'
import { serverArguments } from './server-settings.ts'
import { copyTemplate } from './template.ts'

export interface PostgresOptions {
  readonly binaries: PostgresBinaries
  /** Parent of the data folders. */
  readonly folder: string
  readonly addresses: Addresses
  readonly password: string
  readonly superuserPassword: string
  readonly durable: boolean
  /** Whether a new cluster is a copy of one made before, rather than made by initdb. */
  readonly fromTemplate: boolean
  readonly withReplica: boolean
  readonly onProgress: (message: string) => void
}

const primaryName = 'postgres-primary'
const replicaName = 'postgres-replica'

/** The primary's plan; makes the cluster on the first start, and then the replica's as a copy, before anything runs. */
export const planPrimary = async (options: PostgresOptions): Promise<ProcessPlan> => {
  const folder = join(options.folder, primaryName)
  await ensureParent(options.folder)
  let templatePassword: string | undefined
  if (!isInitialised(folder)) {
    // Made by another account, it may be closed to this one: no reason to fail, as it only saves time.
    if (options.fromTemplate)
      templatePassword = await copyTemplate(options.binaries.initdb, folder).catch(() => undefined)
    if (templatePassword === undefined) {
      options.onProgress('Making a new database cluster.')
      await initialise(options.binaries.initdb, folder, options.superuserPassword)
    }
    if (options.withReplica) await copyCluster(folder, join(options.folder, replicaName))
  }
  await clearLeftovers(folder)
  return {
    ...planServer(options, primaryName, / database system is ready to accept connections/),
    afterReady: async () => {
      const config = primaryConfig(options)
      if (templatePassword !== undefined) {
        await changePassword({ ...config, password: templatePassword }, options.superuserPassword)
      }
      await provision(config, options.password)
    },
  }
}

/** The replica's plan; the primary must be ready, or the replica have been cloned before. */
export const planReplica = async (options: PostgresOptions): Promise<ProcessPlan> => {
  const replicaFolder = join(options.folder, replicaName)
  await clearLeftovers(replicaFolder)
  await prepareReplica({
    primaryFolder: join(options.folder, primaryName),
    replicaFolder,
    primary: primaryConfig(options),
    slot: slotOf(replicaName),
    password: options.password,
    onProgress: options.onProgress,
  })
  return planServer(options, replicaName, / database system is ready to accept read-only connections/)
}

const addressOf = ({ addresses }: PostgresOptions, name: string): { host: string; port: number } => ({
  host: addresses[name]?.host ?? '127.0.0.1',
  port: addresses[name]?.ports['postgres'] ?? 0,
})

const primaryConfig = (options: PostgresOptions) => {
  const { host, port } = addressOf(options, primaryName)
  return superuserConfig(host, port, options.superuserPassword)
}

const planServer = (options: PostgresOptions, name: string, readyBy: RegExp): ProcessPlan => {
  const dataFolder = join(options.folder, name)
  return {
    command: options.binaries.postgres,
    args: serverArguments({ dataFolder, ...addressOf(options, name), durable: options.durable }),
    environment: { ...childEnvironment(), LC_ALL: 'C', TZ: 'UTC' },
    folder: dataFolder,
    account: unprivilegedAccount,
    readyBy,
    // Fast shutdown: closes connections at once and writes a checkpoint.
    stopSignal: 'SIGINT',
  }
}
