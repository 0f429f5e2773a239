/** How to talk to the data tier directly, as its roles are now. */
import type { Secret, SecretName } from './secrets.ts'
import { databaseUrl, redisUrl, replicasOf } from './service-settings.ts'
import type { Addresses, DataAccess } from './stack.ts'

/** @param primary name of the server that is it now */
export const dataAccess = (
  addresses: Addresses,
  secrets: Readonly<Record<SecretName, Secret>>,
  primary: string,
): DataAccess => ({
  primaryUrl: databaseUrl(addresses, primary),
  replicaUrl: databaseUrl(addresses, replicasOf(primary)[0] ?? primary),
  databasePassword: secrets['database-password'].value,
  cacheUrl: redisUrl(addresses, 'redis-cache'),
  queueUrl: redisUrl(addresses, 'redis-queue'),
  redisPassword: secrets['redis-password'].value,
})
