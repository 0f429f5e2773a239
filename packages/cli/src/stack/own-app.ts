/** What of the stack is started, and on which settings: an app of the user's own may be in place of the shop. */
import { instances, type InstanceSpec, type StackOptions } from '@roundtrip/stack'
import type { StackSettings } from '../stack-settings.ts'

/** The shop's own: its servers, its migration, and the worker, which knows the shop's jobs only. */
const isOfTheShop = ({ tier }: InstanceSpec): boolean => tier === 'app' || tier === 'worker'

/**
 * What `startStack` is to run, and on which settings.
 *
 * @param named instances or tiers from the command line, which win; empty for all that make sense
 */
export const stackOptionsOf = (
  { root, ports, edgeSettingsFile, ownApp }: StackSettings,
  named: readonly string[],
): Pick<StackOptions, 'root' | 'ports' | 'include' | 'settings'> => {
  const edge = edgeSettingsFile === undefined ? undefined : { edge: { EDGE_SETTINGS_FILE: edgeSettingsFile } }
  if (ownApp === undefined) {
    return { root, ports, ...(named.length > 0 && { include: named }), ...(edge !== undefined && { settings: edge }) }
  }
  const { origins, healthPath } = ownApp
  const allButTheShop = instances.filter((spec) => !isOfTheShop(spec)).map(({ name }) => name)
  return {
    root,
    ports,
    include: named.length > 0 ? named : allButTheShop,
    settings: { ...edge, web: { WEB_UPSTREAMS: origins.join(','), WEB_HEALTH_CHECK_PATH: healthPath } },
  }
}
