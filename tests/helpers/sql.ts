/** One statement on a connection of its own. */
import { Client } from 'pg'

/** @returns the rows */
export const query = async (url: string, password: string, statement: string): Promise<Record<string, unknown>[]> => {
  const { hostname, port, username, pathname } = new URL(url)
  const client = new Client({
    host: hostname,
    port: Number(port),
    user: username,
    password,
    database: pathname.slice(1),
  })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}
