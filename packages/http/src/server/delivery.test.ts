import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { serveForTest, testResponse } from '../testing.ts'

it('a body that had failed before anyone listened breaks the response off, instead of being waited for', async () => {
  const served = await serveForTest('http1', async () => {
    const body = new Readable({ read: () => undefined })
    body.on('error', () => undefined).destroy(new Error('reset'))
    await new Promise<void>((resolve) => void body.once('close', resolve))
    return testResponse({ body })
  })
  await expect(fetch(served.origin).then((response) => response.text())).rejects.toThrow('fetch failed')
  expect(await served.delivery).toEqual({ outcome: 'truncated', bodyBytes: 0 })
})
