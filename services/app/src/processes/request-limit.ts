/** Tells when a process has answered as many requests as one may: whatever leaks, leaks into a process that ends. */
import type { AppServer } from '../http/server.ts'

export interface RequestLimitOptions {
  /** No limit when undefined. */
  readonly maxRequests: number | undefined
  /** Called each time when so many have been answered: when nobody came to take over, it goes on. */
  readonly onReached: () => void
  /** From 0 up to 1. */
  readonly random?: () => number
}

/** Workers that started together should not end together. */
const jitter = 0.1

export const requestLimit = (
  app: AppServer,
  { maxRequests, onReached, random = Math.random }: RequestLimitOptions,
): void => {
  if (maxRequests === undefined) return
  const next = (): number => Math.max(1, Math.round(maxRequests * (1 - jitter + 2 * jitter * random())))
  let left = next()
  app.addHook('onResponse', (_request, _reply, done) => {
    if (--left === 0) {
      left = next()
      onReached()
    }
    done()
  })
}
