import { createSecureContext } from 'node:tls'
import { expect, it } from 'vitest'
import { rehearse } from './rehearse.ts'

const openHandles = () => process.getActiveResourcesInfo().filter((kind) => /^(?:TCP|UDP|TLS)/.test(kind))

it('a rehearsal goes through a whole request and leaves nothing open', async () => {
  const before = openHandles()
  let reading = 0
  await rehearse(() => reading++, createSecureContext())
  // Three requests of six phases, each with a few readings of the clock: it got to the end.
  expect(reading).toBeGreaterThan(3 * 6)
  await expect.poll(openHandles).toEqual(before)
})
