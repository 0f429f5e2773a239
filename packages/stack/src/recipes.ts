/** From the topology to plans: for each instance, how it is made ready to start. */
import { writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { certificateNames, postgresServers, type InstanceSpec } from './topology.ts'
import { warmCompileCache } from './compile-cache.ts'
import { ensurePki, renewLeaves } from '@roundtrip/pki'
import { findPostgres } from './postgres/binaries.ts'
import { planPostgres, type PostgresOptions } from './postgres/plan.ts'
import type { Roles } from './postgres/roles.ts'
import { mayUseTemplate } from './postgres/template.ts'
import { findRedis } from './redis/binary.ts'
import { planRedis } from './redis/plan.ts'
import type { ProcessPlan } from './run-process.ts'
import type { SecretName, Secret } from './secrets.ts'
import { planService } from './service-plan.ts'
import { renderSettings } from './service-settings.ts'
import type { Addresses, StackOptions } from './stack.ts'
import type { StateFolder } from './state-folder.ts'
import { renderZone } from './zone-file.ts'

export interface RecipeOptions {
  readonly specs: readonly InstanceSpec[]
  readonly addresses: Addresses
  readonly state: StateFolder
  readonly secrets: Readonly<Record<SecretName, Secret>>
  readonly options: StackOptions
  readonly roles: Roles
  readonly onProgress: (message: string) => void
}

/** Plans one start of an instance; asked again for each start. */
export type Recipe = (spec: InstanceSpec) => Promise<ProcessPlan>

export interface Recipes {
  readonly plan: Recipe
  /** Undefined when there is no such server among what runs. */
  readonly postgres: PostgresOptions | undefined
  readonly caFile: string
  /** Lets certificates grow old. */
  readonly close: () => void
}

/** Writes the files that services read (certificates, zone) and finds the programs that are not ours. */
export const prepareRecipes = async (context: RecipeOptions): Promise<Recipes> => {
  const { specs, addresses, state } = context
  const needs = (kind: InstanceSpec['kind']): boolean => specs.some((spec) => spec.kind === kind)
  writeFileSync(state.zoneFile, renderZone(addresses, Math.floor(Date.now() / 1000)))
  // One after the other: a failure must not leave another one writing into a folder that is being removed.
  const pki = { names: certificateNames }
  const files = await ensurePki(state.pki, pki)
  // The edges notice by themselves. What keeps it from succeeding has half of a leaf's life to pass.
  const close = renewLeaves(state.pki, pki)
  const postgres = needs('postgres') ? await postgresOptions(context) : undefined
  const redis = needs('redis') ? await redisRecipe(context) : undefined
  const service = serviceRecipe(context, files)
  const byKind = { postgres: postgres && postgresRecipe(postgres), redis, service, task: service }
  const plan: Recipe = (spec) => (byKind[spec.kind] ?? service)(spec)
  return { plan, postgres, caFile: files.caFile, close }
}

const serviceRecipe = (
  { addresses, state, secrets, options, roles, onProgress }: RecipeOptions,
  files: { certificateFile: string; keyFile: string },
): Recipe => {
  const { settings = {}, entryPoints = {}, seed = true } = options
  const render = {
    ...files,
    addresses,
    zoneFile: state.zoneFile,
    databasePasswordFile: secrets['database-password'].file,
    redisPasswordFile: secrets['redis-password'].file,
    edgeRedisPasswordFile: secrets['edge-redis-password'].file,
    purgePasswordFile: secrets['purge-password'].file,
    appSecretFile: secrets['app-secret'].file,
    mailboxFolder: state.mailbox,
  }
  let warmed: Promise<void> | undefined
  return async (spec) => {
    // Beside the start of Postgres, which takes as long.
    warmed ??= warmCompileCache(onProgress)
    await warmed
    return planService(spec, {
      settings: {
        ...renderSettings(spec, { ...render, primary: roles.primary }),
        ...settings[spec.tier],
        ...settings[spec.name],
      },
      entryPoint: entryPoints[spec.name],
      seed,
    })
  }
}

const postgresOptions = async (context: RecipeOptions): Promise<PostgresOptions> => {
  const { specs, addresses, state, secrets, options, roles, onProgress } = context
  return {
    binaries: await findPostgres(dirname(state.postgres)),
    folder: state.postgres,
    addresses,
    password: secrets['database-password'].value,
    superuserPassword: secrets['database-superuser-password'].value,
    durable: options.durable ?? !state.isTemporary,
    fromTemplate: state.isTemporary && mayUseTemplate(),
    servers: postgresServers,
    replicas: specs.filter(({ name, kind }) => kind === 'postgres' && name !== roles.primary).map(({ name }) => name),
    roles,
    onProgress,
  }
}

const postgresRecipe =
  (options: PostgresOptions): Recipe =>
  async ({ name }) => {
    options.roles.throwIfChanging(name)
    return planPostgres(name, options)
  }

const redisRecipe = async ({ addresses, state, secrets, onProgress }: RecipeOptions): Promise<Recipe> => {
  const binary = await findRedis(onProgress)
  return (spec) =>
    planRedis(spec.name, {
      binary,
      folder: state.redis,
      address: addresses[spec.name] ?? { host: spec.host, ports: {} },
      // What the edges know must not open the shop's data.
      password: secrets[spec.name === 'redis-edge' ? 'edge-redis-password' : 'redis-password'].value,
      purgePassword: secrets['purge-password'].value,
    })
}
