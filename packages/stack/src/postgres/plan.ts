/** How each of the embedded Postgres servers is prepared and started. */
import { basename, join } from 'node:path'
import { RoundtripError } from '@roundtrip/errors'
import type { ClientConfig } from 'pg'
import { childEnvironment, unprivilegedAccount } from '../host.ts'
import type { ProcessPlan } from '../run-process.ts'
import type { Addresses } from '../stack.ts'
import type { PostgresBinaries } from './binaries.ts'
import {
  clearLeftovers,
  copyCluster,
  ensureParent,
  initialise,
  isInitialised,
  isStandby,
  wasStarted,
} from './data-folder.ts'
import { changePassword, provision, slotOf, superuserConfig } from './primary.ts'
import { untilItLetsIn } from './connect.ts'
import { promote } from './promotion.ts'
import { prepareReplica } from './replica.ts'
import type { Roles } from './roles.ts'
import { serverArguments } from './server-settings.ts'
import { copyTemplate } from './template.ts'
import { database } from '../topology.ts'

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
  /** Names of all the Postgres servers there can be. */
  readonly servers: readonly string[]
  /** Of those that are made with the cluster. */
  readonly replicas: readonly string[]
  readonly roles: Roles
  readonly onProgress: (message: string) => void
}

/** Plans a start of one of the servers, by the role that it has now. */
export const planPostgres = (name: string, options: PostgresOptions): Promise<ProcessPlan> =>
  name === options.roles.primary ? planPrimary(name, options) : planReplica(name, options)

/** Makes the cluster on the first start, and then the replica's as a copy, before anything runs. */
const planPrimary = async (name: string, options: PostgresOptions): Promise<ProcessPlan> => {
  const folder = join(options.folder, name)
  await ensureParent(options.folder)
  const templatePassword = isInitialised(folder) ? undefined : await makeCluster(name, options)
  await clearLeftovers(folder)
  // A crash in the middle of a failover: what was decided is carried out.
  const isPromotionOpen = isStandby(folder)
  return {
    ...planServer(options, name, / database system is ready to accept (read-only )?connections/),
    afterReady: async () => {
      const config = configOf(name, options)
      if (isPromotionOpen) await promote(config)
      if (templatePassword !== undefined) {
        await changePassword({ ...config, password: templatePassword }, options.superuserPassword)
      }
      await provision(config, options.password)
    },
  }
}

/** @returns the superuser's password when it is not ours yet */
const makeCluster = async (name: string, options: PostgresOptions): Promise<string | undefined> => {
  const { binaries, folder, replicas, superuserPassword } = options
  const others = options.servers.filter((other) => other !== name).map((other) => join(folder, other))
  const withData = others.find((other) => isInitialised(other) && wasStarted(other))
  if (withData !== undefined) throw dataElsewhere(name, withData, options)
  // Made by another account, it may be closed to this one: no reason to fail, as it only saves time.
  const templatePassword = options.fromTemplate
    ? await copyTemplate(binaries.initdb, join(folder, name)).catch(() => undefined)
    : undefined
  if (templatePassword === undefined) {
    options.onProgress('Making a new database cluster.')
    await initialise(binaries.initdb, join(folder, name), superuserPassword)
  }
  for (const replica of replicas) await copyCluster(join(folder, name), join(folder, replica))
  return templatePassword
}

/** A new and empty cluster would take the place of the only data there is. */
const dataElsewhere = (name: string, other: string, { folder }: PostgresOptions): RoundtripError =>
  new RoundtripError(
    'STACK_START_FAILED',
    `${name}, the primary, has no data, but ${basename(other)} has. To go on with that write ${basename(other)} into ${join(folder, 'primary')}; to begin anew remove ${folder}.`,
  )

/** The primary must be ready, or the replica have been cloned before. */
const planReplica = async (name: string, options: PostgresOptions): Promise<ProcessPlan> => {
  const { primary } = options.roles
  const replicaFolder = join(options.folder, name)
  await clearLeftovers(replicaFolder)
  await prepareReplica({
    primaryFolder: join(options.folder, primary),
    replicaFolder,
    primary: configOf(primary, options),
    slot: slotOf(name),
    password: options.password,
    onProgress: options.onProgress,
  })
  return {
    ...planServer(options, name, / database system is ready to accept read-only connections/),
    afterReady: () => untilItLetsIn({ ...configOf(name, options), database: database.name }),
  }
}

const addressOf = ({ addresses }: PostgresOptions, name: string): { host: string; port: number } => ({
  host: addresses[name]?.host ?? '127.0.0.1',
  port: addresses[name]?.ports['postgres'] ?? 0,
})

/** One of the servers, as superuser. */
export const configOf = (name: string, options: PostgresOptions): ClientConfig => {
  const { host, port } = addressOf(options, name)
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
