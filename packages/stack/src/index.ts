/** @packageDocumentation The embedded stack: the launcher's engine and the test kit. */
export type { StackEvent } from './events.ts'
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
  zone,
  type InstanceSpec,
  type Kind,
  type NetworkName,
  type Port,
  type Tier,
} from './topology.ts'
