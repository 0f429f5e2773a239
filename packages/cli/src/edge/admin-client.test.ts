import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { runCli } from '../cli.ts'
import { testIo } from '../testing/test-io.ts'

/** The command, put to an edge that gives this one answer. */
const run = async (words: readonly string[], status: number, content: object) => {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content))
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const { io, stdout, stderr } = testIo()
  const exit = await runCli(['edge', '--admin', `http://127.0.0.1:${port}`, ...words], io)
  return { exit, said: stdout() + stderr(), name: `127.0.0.1:${port}` }
}

it('shows where a settings file is wrong, and says by its status that nothing was done', async () => {
  const detail = 'edge.yaml:3:5: rotues: is not a setting here: did you mean routes?\nedge.yaml:9:1: a second problem'
  const { exit, said, name } = await run(['reload'], 422, { detail })
  expect(exit).toBe(1)
  expect(said).toBe(`roundtrip: ${name}: ${detail}\n`)
})

it.each([
  ['workers that did not come up', ['recycle'], 500, 1],
  ['a member that there is not', ['drain', 'web/a:1'], 404, 2],
  ['a token that is missing', ['pools'], 403, 2],
])('says by its status whether the question was wrong: %s', async (_what, words, status, exit) => {
  const answered = await run(words, status, { detail: 'Why.' })
  expect([answered.exit, answered.said]).toEqual([exit, `roundtrip: ${answered.name}: Why.\n`])
})
