/** A short-lived connection for administration. */
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
