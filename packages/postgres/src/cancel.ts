/** Stops the statement that a connection is running (PostgreSQL §54.2.9, CancelRequest). */
import { connect } from 'node:net'
import type { ClientBase } from 'pg'
import type { Budget } from './work-options.ts'

const cancelRequestCode = 80_877_102
const longestCancelMs = 1_000

/** What pg keeps of a connection but does not declare. */
interface Backend {
  readonly host: string
  readonly port: number
  readonly processID: number | null
  readonly secretKey: number | null
}

/**
 * Asks, over a connection of its own, and does not wait: the server never says whether it did. The request may arrive
 * when the statement has ended, and then stops the next one, so the connection must not be used again.
 */
export const cancelStatement = (client: ClientBase): void => {
  const { host, port, processID, secretKey } = client as unknown as Backend
  if (processID === null || secretKey === null) return
  const request = Buffer.alloc(16)
  for (const [index, field] of [16, cancelRequestCode, processID, secretKey].entries()) {
    request.writeInt32BE(Math.trunc(field), index * 4)
  }
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)
  socket.unref()
  socket.setTimeout(longestCancelMs, () => socket.destroy())
  socket.on('error', () => {}) // A server that cannot be reached runs nothing for us for long either.
  socket.end(request)
}

/** Runs `work`, and leaves it when the budget is spent: the statement is cancelled, `discard` called, the reason thrown. */
export const untilSpent = <T>(
  client: ClientBase,
  budget: Budget,
  discard: () => void,
  work: () => Promise<T>,
): Promise<T> => {
  if (budget.isEndless) return work()
  budget.throwIfSpent()
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const stopListening = budget.onSpent((reason) => {
    discard()
    cancelStatement(client)
    reject(reason)
  })
  work().then(resolve, reject).finally(stopListening)
  return promise
}
