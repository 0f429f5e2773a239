/** @packageDocumentation The embedded stack: the launcher's engine and the test kit. */
export { connectToStack, type StackClient } from './control-client.ts'
export { instanceActions, type InstanceAction } from './control-listener.ts'
export type {
  DatabaseControl,
  DatabaseNode,
  DatabaseRole,
  DatabaseStatus,
  FailoverOptions,
  FailoverReport,
  FailoverStep,
} from './database-control.ts'
export { dependenciesOf } from './dependency-order.ts'
export type { StackEvent } from './events.ts'
export { isExecutable, projectFolder } from './host.ts'
export { portSettings, portsFrom } from './ports.ts'
export { renderSettings } from './service-settings.ts'
export { startStack } from './start-stack.ts'
export type {
  Addresses,
  DataAccess,
  EdgeAddress,
  Exit,
  Instance,
  InstanceAddress,
  InstanceState,
  Mail,
  Stack,
  StackAddresses,
  StackOptions,
  StatusRow,
} from './stack.ts'
export {
  certificateNames,
  database,
  instances,
  instancesOf,
  networks,
  networksOf,
  publicName,
  purgeUser,
  zone,
  type InstanceSpec,
  type Kind,
  type NetworkName,
  type Port,
  type Tier,
} from './topology.ts'
