/** The idempotency key of an order that was filled in on a page. */
import { createHash } from 'node:crypto'
import type { NewOrder } from '@roundtrip/contracts'
import type { IdempotencyKey } from './idempotency.ts'

/**
 * Made of the page's own key and of what was filled in: shared caches give one page to several visitors, and each of
 * them may order. A double click waits for the first click's order, for the browser shows only the last answer.
 */
export const formKey = (pageKey: string, { name, email, lines }: NewOrder): IdempotencyKey => {
  const filledIn = createHash('sha256')
    .update(JSON.stringify([name, email, lines]))
    .digest('hex')
  // With a space, which no key of the API has.
  return { text: `form ${pageKey} ${filledIn}`, whileInFlight: 'wait' }
}
