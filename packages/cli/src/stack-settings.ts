/** The settings of the embedded stack, which the commands read from the user's environment. */
import { join, resolve } from 'node:path'
import { loadSettings, setting } from '@roundtrip/config'
import { portsFrom } from '@roundtrip/stack'
import { Type } from 'typebox'
import type { Io } from './command.ts'

const prefix = 'ROUNDTRIP'

/** What the launcher tells this process, and the ports, which have a schema of their own: no settings of this one. */
const isElsewhere = (name: string): boolean => name === 'ROUNDTRIP_LIFELINE' || name.startsWith('ROUNDTRIP_PORT_')

const schema = Type.Object({
  root: setting.optional(
    setting.text({ description: 'folder of the data, logs and certificates; .roundtrip in the project by default' }),
  ),
  ports: setting.choice(['default', 'free'], {
    description: 'default: those of the topology; free: any that are free',
    default: 'default',
  }),
  edgeSettings: setting.optional(
    setting.text({ description: 'settings file of the edges, such as infra/edge/edge.yaml' }),
  ),
  app: setting.optional(setting.origins({ description: 'an app of the user’s own, in place of the shop' })),
  appHealthPath: Type.String({
    pattern: String.raw`^/[^\s#]*$`,
    expected: 'a path that begins with a slash, such as /healthz',
    description: 'path that app answers with 2xx when it is healthy',
    default: '/',
  }),
})

/** What the web tier proxies to when it is not the shop. */
export interface OwnApp {
  /** At least one. */
  readonly origins: readonly string[]
  readonly healthPath: string
}

export interface StackSettings {
  /** Absolute. */
  readonly root: string
  /** As `startStack` takes it. */
  readonly ports: 'free' | Readonly<Record<string, number>>
  /** Settings file of the edges, absolute; their defaults when absent. */
  readonly edgeSettingsFile?: string
  /** Absent: the shop. */
  readonly ownApp?: OwnApp
}

/** @throws RoundtripError `SETTINGS_INVALID` for a value that is none, or a variable that is mistyped. */
export const stackSettings = ({ env, cwd, projectRoot }: Pick<Io, 'env' | 'cwd' | 'projectRoot'>): StackSettings => {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !isElsewhere(name)))
  const { root, ports, edgeSettings, app, appHealthPath } = loadSettings(prefix, schema, own)
  const numbers = portsFrom(env)
  return {
    root: root === undefined ? join(projectRoot, '.roundtrip') : resolve(cwd, root),
    ports: ports === 'free' ? ports : numbers,
    ...(edgeSettings !== undefined && { edgeSettingsFile: resolve(cwd, edgeSettings) }),
    ...(app !== undefined && { ownApp: { origins: app, healthPath: appHealthPath } }),
  }
}
