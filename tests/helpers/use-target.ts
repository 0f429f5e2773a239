/** Gives a suite its target, and a client at the first edge, for as long as its tests run. */
import { afterAll, beforeAll } from 'vitest'
import { clientOf, type Client } from './client.ts'
import type { Target, TargetSource } from './target.ts'

export interface Use {
  readonly target: Target
  readonly client: Client
}

/** Called inside `describe`; what it returns is there from the first test on. */
export const useTarget = (source: TargetSource): Use => {
  let use: Use | undefined
  const held = (): Use => {
    if (use === undefined) throw new Error('the target is there only while tests run')
    return use
  }
  beforeAll(async () => {
    const target = await source.acquire()
    use = { target, client: clientOf(target) }
  })
  afterAll(async () => {
    if (use === undefined) return
    await use.client.close()
    await source.release(use.target)
  })
  return {
    get target() {
      return held().target
    },
    get client() {
      return held().client
    },
  }
}
