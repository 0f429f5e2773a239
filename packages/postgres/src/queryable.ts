/** What units of work see of a connection. */
import type { ClientBase } from 'pg'

export interface Queryable {
  /** Runs one statement; `values` fill `$1`, `$2`, … and are never put into the text. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>
}

export const queryableOver = (client: ClientBase): Queryable => ({
  query: async <Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> => {
    const result = await client.query<Row>(text, [...values])
    return result.rows
  },
})
