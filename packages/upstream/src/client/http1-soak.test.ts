import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { Fields, type HttpResponse } from '@roundtrip/http'
import { expect, it } from 'vitest'
import { contentOf, startScriptedOrigin, testClient, testRequest, testTransport, type Peer } from './testing.ts'

/** The same sequence in each run (mulberry32). */
const seeded = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}

const random = seeded(7540)
const below = (bound: number): number => Math.floor(random() * bound)

/** What a target is answered with: as long as it says, and like no other. */
const contentFor = (target: string): Buffer => {
  const bytes = Number(target.split('/')[2])
  const block = createHash('sha512').update(target).digest()
  return Buffer.alloc(bytes, block)
}

const wireFor = (target: string, content: Buffer): Buffer => {
  if (below(2) === 0)
    return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n`), content])
  const middle = below(content.length + 1)
  const chunks = [content.subarray(0, middle), content.subarray(middle)].filter(({ length }) => length > 0)
  const coded = chunks.flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')])
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nx: ${target}\r\n\r\n`),
    ...coded,
    Buffer.from('0\r\n\r\n'),
  ])
}

const poison = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison')

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** Answers in pieces; now and then it breaks off in the midst, closes behind an answer without a word, or says too much. */
const misbehave = async (peer: Peer): Promise<void> => {
  for (;;) {
    const head = await peer.read()
    const target = head.split(' ')[1] ?? ''
    if (head.includes('chunked')) await peer.read('0\r\n\r\n')
    const wire = wireFor(target, contentFor(target))
    const fate = below(40)
    // Only what fits into one read, or comes soon; what comes later than the next request cannot be told from its answer by anybody.
    const saysTooMuch = fate === 2 && wire.length < 4096
    const end = fate === 0 ? below(wire.length) : wire.length
    const cut = below(end)
    peer.send(wire.subarray(0, cut))
    if (below(3) === 0) await turn()
    peer.send(wire.subarray(cut, end))
    if (saysTooMuch) {
      if (below(2) === 0) await turn()
      peer.send(poison)
    }
    if (fate === 0 || fate === 1) peer.socket.end()
    if (fate === 3) peer.socket.resetAndDestroy()
    if (fate <= 1 || saysTooMuch || fate === 3) return
  }
}

it("among next hops that break off, close and say too much, no answer is wrong, short, or somebody else's", async () => {
  const { origin } = await startScriptedOrigin((peer) => void misbehave(peer))
  const transport = testTransport(origin, { maxConnections: 16 })
  const outcomes = { right: 0, failed: 0 }
  const wrong: string[] = []
  const codes = new Set<string>()
  const exchange = async (number: number): Promise<void> => {
    const target = `/${number}/${below(4) === 0 ? below(300_000) : below(3000)}`
    const client = testClient()
    const body = below(4) === 0 ? Readable.from([Buffer.from('abc'), Buffer.from('def')]) : undefined
    const leaves = below(20) === 0
    try {
      const response: HttpResponse = await transport.send(
        testRequest({ target, body, fields: Fields.of({ a: 'b' }) }),
        client,
      )
      if (leaves) client.leave()
      const content = await contentOf(response)
      if (content === contentFor(target).toString('latin1')) outcomes.right++
      else wrong.push(target)
    } catch (error) {
      codes.add(leaves ? 'any' : ((error as { code?: string }).code ?? String(error)))
      outcomes.failed++
    }
  }
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < 3000) await exchange(next++)
  }
  await Promise.all(Array.from({ length: 32 }, worker))
  expect(wrong).toEqual([])
  expect([...codes].toSorted()).toEqual(['UPSTREAM_RESET', 'any'])
  expect(outcomes.right).toBeGreaterThan(2500)
  expect(outcomes.failed).toBeGreaterThan(0)
  expect(transport.stats).toMatchObject({ inFlight: 0, waiting: 0 })
  expect(transport.stats.open).toBeLessThanOrEqual(16)
}, 60_000)
