/** The end-to-end suites against containers. One stack for all of them: each leaves it whole. */
import { afterAll, beforeAll } from 'vitest'
import { startComposeStack } from '../helpers/compose-stack.ts'
import type { Target, TargetSource } from '../helpers/target.ts'
import { describeAccounts } from '../suites/accounts.ts'
import { describeBadInput } from '../suites/bad-input.ts'
import { describeEdge } from '../suites/edge.ts'
import { describeOutages } from '../suites/outages.ts'
import { describeOwnWrites } from '../suites/own-writes.ts'
import { describePurges } from '../suites/purges.ts'
import { describeRequest } from '../suites/request.ts'
import { describeShop } from '../suites/shop.ts'

let started: Target | undefined
beforeAll(async () => {
  started = await startComposeStack()
})
afterAll(() => started?.stop())

const shared: TargetSource = {
  acquire: async () => {
    if (started === undefined) throw new Error('the stack did not start')
    return started
  },
  release: async () => {},
}

describeRequest(shared)
describeShop(shared)
describeAccounts(shared)
describeBadInput(shared)
describePurges(shared)
describeOwnWrites(shared)
describeEdge(shared)
describeOutages(shared)
