/** A short-lived connection for administration. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type ClientConfig } from 'pg'

/** Runs `work` on a connection of its own and closes it, whatever happens. */
export const withClient = async <T>(config: ClientConfig, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionTimeoutMillis: 5000, ...config })
  // A server that goes away in between fails the query that notices; the event needs a listener all the same.
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const letInTimeoutMs = 5_000

/** A replica that was copied before its first start has neither role nor database until it has replayed them. */
export const untilItLetsIn = async (config: ClientConfig): Promise<void> => {
  const endMs = performance.now() + letInTimeoutMs
  while (performance.now() < endMs) {
    const isIn = await withClient(config, async () => true).catch(() => false)
    if (isIn) return
    await sleep(10)
  }
}
