/** What units of work see of a connection. */
import type { ClientBase } from 'pg'
import type { StatementNames } from './statement-names.ts'

export interface Queryable {
  /** Runs one statement; `values` fill `$1`, `$2`, … and are never put into the text. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>
}

/** A connection as long as one unit of work has it. */
export interface OpenQueryable extends Queryable {
  /** Statements that work sends afterwards are refused: the connection may be somebody else's by then. */
  end(): void
}

export const queryableOver = (client: ClientBase, names: StatementNames): OpenQueryable => {
  let ended = false
  return {
    query: async <Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> => {
      if (ended) throw new Error('this unit of work has ended: await all of its statements within it')
      const name = values.length > 0 ? names.nameOf(text) : undefined
      const result = await client.query<Row>({ text, values: [...values], ...(name !== undefined && { name }) })
      return result.rows
    },
    end: () => {
      ended = true
    },
  }
}
