/** The checker itself: what it must not overlook, shown by servers that lie. */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePki } from '@roundtrip/pki'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CheckedLoad, isExcused, unexcused, type LoadReport } from './checked-load.ts'
import { contentOf } from './content.ts'
import { ownContent } from './questions.ts'

type Answer = (content: Buffer, response: Http2ServerResponse, method: string) => void

/** What the checker says about a server, after some answers. */
const reportOn = async (protocol: 'http1' | 'http2', answer: Answer): Promise<LoadReport> => {
  const folder = mkdtempSync(join(tmpdir(), 'roundtrip-load-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const files = await ensurePki(folder, { names: ['www.roundtrip.test'] })
  const tls = { cert: readFileSync(files.certificateFile), key: readFileSync(files.keyFile) }
  const serve = (request: Http2ServerRequest, response: Http2ServerResponse): void => {
    response.on('error', () => undefined)
    answer(contentOf(request.url) ?? Buffer.of(), response, request.method)
  }
  const server = createSecureServer({ ...tls, allowHTTP1: true }, serve).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const edge = { httpsPort: port, ca: readFileSync(files.caFile, 'utf8') }
  const lanes = protocol === 'http1' ? { http1Lanes: 3, http2Sessions: 0 } : { http1Lanes: 0, http2Sessions: 3 }
  const load = new CheckedLoad({ edge, ...lanes, plan: ownContent })
  await load.answered(30)
  return load.stop()
}

describe.each(['http1', 'http2'] as const)('over %s the checker', (protocol) => {
  it('has nothing to say about right answers', async () => {
    const report = await reportOn(protocol, (content, response) => void response.end(content))
    expect(report).toMatchObject({ wrong: [], failures: [] })
    expect(report.right).toBeGreaterThanOrEqual(30)
  })

  it('sees one byte that is another', async () => {
    const report = await reportOn(protocol, (content, response) => {
      content[content.length - 1] = 0
      response.end(content)
    })
    expect(report).toMatchObject({ right: 0, failures: [] })
    expect(report.wrong.length).toBeGreaterThanOrEqual(30)
  })

  it("sees somebody else's answer", async () => {
    let last: Buffer = Buffer.from('nobody')
    const report = await reportOn(protocol, (content, response) => {
      response.end(last)
      last = content
    })
    expect(report).toMatchObject({ right: 0, failures: [] })
  })

  it('sees an answer that ends too early in good order', async () => {
    const report = await reportOn(protocol, (content, response) => void response.end(content.subarray(1)))
    expect(report).toMatchObject({ right: 0, failures: [] })
  })

  it('excuses an answer that breaks off after its head', async () => {
    const report = await reportOn(protocol, (content, response) => {
      response.setHeader('content-length', content.length + 1)
      response.write(content, () => response.stream?.close(2) ?? response.socket.destroy())
    })
    expect(report).toMatchObject({ right: 0, wrong: [] })
    expect(report.failures.filter((failure) => !isExcused(failure))).toEqual([])
  })

  it('excuses no refused GET, but a POST', async () => {
    const report = await reportOn(protocol, (_content, response) => {
      response.statusCode = 502
      response.end()
    })
    expect(report).toMatchObject({ right: 0, wrong: [] })
    expect(Object.keys(unexcused(report))).toEqual(['GET status 502'])
    expect(report.failures.filter(isExcused).every(({ method }) => method === 'POST')).toBe(true)
  })
})
