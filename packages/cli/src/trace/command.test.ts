import { RoundtripError } from '@roundtrip/errors'
import type { StackAddresses } from '@roundtrip/stack'
import { describe, expect, it } from 'vitest'
import type { Io } from '../command.ts'
import { parseCommandLine } from '../parse.ts'
import { runTrace, traceCommand, type TraceArgs, type TraceSurroundings } from './command.ts'
import { record, shopZone, startDns, type DnsAnswer } from './testing/dns.ts'
import { testIo } from './testing/io.ts'
import { authorityPem, host, testCaFile, testFile } from './testing/pki.ts'
import { answer, startHttp, startHttps, startTcp } from './testing/servers.ts'

interface Run {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

const noStack = async (): Promise<StackAddresses> => {
  throw new RoundtripError('STACK_NOT_RUNNING')
}

const world = (findStack: () => Promise<StackAddresses>): TraceSurroundings => ({
  findStack,
  rehearse: async () => undefined,
  clock: () => performance.now(),
  nowMs: () => Date.now(),
  random: (bytes) => Buffer.alloc(bytes, 7),
})

/** Runs the command as typed. */
const type = async (
  words: string[],
  { findStack = noStack, io: overrides = {} }: { findStack?: () => Promise<StackAddresses>; io?: Partial<Io> } = {},
): Promise<Run> => {
  const io = testIo(overrides)
  const args = parseCommandLine(traceCommand, words) as TraceArgs
  const status = await runTrace(args, io, world(findStack))
  return { status, ...(await io.output()) }
}

/** The options with which `https://shop.test:PORT/` reaches a server of ours. */
const shop = async (): Promise<string[]> => [
  '--dns',
  `127.0.0.1:${(await startDns(shopZone)).port}`,
  '--cacert',
  await testCaFile(),
]

const json = async (words: string[], options = {}) => {
  const { stdout, status } = await type(['--json', ...words], options)
  return { status, document: JSON.parse(stdout) as never }
}

describe('roundtrip trace', () => {
  it('prints a waterfall', async () => {
    const { port } = await startHttps()
    const { status, stdout, stderr } = await type([...(await shop()), `https://${host}:${port}/a`])
    expect(status).toBe(0)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^GET https:\/\/shop\.test:\d+\/a\n200 OK · HTTP\/2 · text\/plain · 5 B\n\nstep +ms +0 /)
    const labels = [...stdout.matchAll(/^( *[a-z]+) +\d+\.\d\d /gm)].map(([, label]) => label)
    expect(labels.join(',')).toBe(
      'url,name,tcp,tls,request,wait, network, edge,  web,   app,    cache,    db,transfer,total',
    )
    expect(stdout.split('\n').length).toBeLessThanOrEqual(31)
  })

  it('prints JSON: phases that add up, what the tiers said, how the wait splits', async () => {
    const { port } = await startHttps()
    const { document, status } = await json([...(await shop()), `${host}:${port}`])
    expect(status).toBe(0)
    expect(document).toMatchObject({
      ok: true,
      kind: 'cold',
      request: { method: 'GET', url: `https://${host}:${port}/`, traceId: '07'.repeat(16) },
      name: { source: 'dns', ttlSeconds: 30 },
      tls: { protocol: 'TLSv1.3', alpn: 'h2', resumed: false },
      response: { status: 200, fields: expect.arrayContaining([['x-request-id', 'req-1']]) },
      waitSplit: { networkMs: expect.any(Number), others: [] },
      serverTiming: expect.arrayContaining([{ name: 'db', durationMs: 1, description: 'replica-1' }]),
    })
    const { phases, totalMs } = document as { phases: { durationMs: number }[]; totalMs: number }
    expect(phases.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBeCloseTo(totalMs, 1)
  })

  it('prints a diagram', async () => {
    const { port } = await startHttps()
    const { stdout } = await type(['--mermaid', ...(await shop()), `https://${host}:${port}/`])
    expect(stdout).toMatch(/^sequenceDiagram\n {2}autonumber\n/)
    expect(stdout).toContain('participant tier0 as edge-1')
  })

  it('shows the header fields of the response', async () => {
    const { port } = await startHttp()
    const { stdout } = await type(['-i', ...(await shop()), `http://${host}:${port}/`])
    expect(stdout).toMatch(/\n\ncontent-type: text\/plain\n/)
    expect(stdout).toContain('\nx-request-id: req-1\n')
  })

  it('compares repeated requests', async () => {
    const { port } = await startHttps()
    const words = ['--repeat', '3', ...(await shop()), `https://${host}:${port}/`]
    const { stdout } = await type(words)
    expect(stdout).toMatch(/\n {2}1 {2}cold .*\n {2}2 {2}resumed .*\n {2}3 {2}kept .*\n\nsaved by/)
    const { document } = await json(words)
    expect(document).toMatchObject({
      ok: true,
      runs: [{ kind: 'cold' }, { kind: 'resumed' }, { kind: 'kept' }],
      saved: expect.arrayContaining([expect.objectContaining({ by: 'tls resumption' })]),
    })
  })

  it.each([
    ['--http1.1', '1.1'],
    ['--http2', '2.0'],
  ])('speaks the version asked for: %s', async (option, httpVersion) => {
    const { port, requests } = await startHttps()
    expect((await type([option, ...(await shop()), `https://${host}:${port}/`])).status).toBe(0)
    expect(requests[0]?.httpVersion).toBe(httpVersion)
  })

  it('sends method, fields and content', async () => {
    const bodies: string[] = []
    const { port, requests } = await startHttp((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += String(chunk)))
      request.on('end', () => bodies.push(body) && answer(request, response))
    })
    const file = await testFile('body.json', '[1]')
    const url = `http://${host}:${port}/orders`
    const dns = (await shop()).slice(0, 2)
    await type([...dns, '-H', 'X-A: 1', '-H', 'X-A: 2', '--header', 'Accept: text/html', '-d', '{"a":1}', url])
    await type([...dns, '-X', 'put', '--data', `@${file}`, url])
    await type([...dns, '-d', 'a=b', '-H', 'content-type: text/csv', url])
    expect(requests.map(({ method, headers }) => [method, headers['content-type'], headers['content-length']])).toEqual(
      [
        ['POST', 'application/json', '7'],
        ['PUT', 'application/json', '3'],
        ['POST', 'text/csv', '3'],
      ],
    )
    expect(requests[0]?.headers).toMatchObject({
      'x-a': '1, 2',
      accept: 'text/html',
      'accept-encoding': 'br, gzip, zstd',
      traceparent: expect.stringMatching(/-01$/),
    })
    expect(bodies).toEqual(['{"a":1}', '[1]', 'a=b'])
  })

  it('fails with what it saw until then', async () => {
    const words = [...(await shop()), 'https://nope.test/']
    const { status, stdout } = await type(words, { io: { width: 200 } })
    expect(status).toBe(1)
    expect(stdout).toMatch(/^name +\d/m)
    expect(stdout).toMatch(
      /^✗ The name nope\.test does not exist \(NXDOMAIN\), says the DNS server 127\.0\.0\.1:\d+\.$/m,
    )
    expect(await json(words)).toMatchObject({
      status: 1,
      document: { ok: false, error: { code: 'NAME_NOT_FOUND', phase: 'name' } },
    })
    expect((await type(['--mermaid', ...words])).stdout).toContain('Note over client,dns: NAME_NOT_FOUND')
  })

  it('gives up after the timeout', async () => {
    const port = await startTcp(() => undefined)
    const { status, stdout } = await type(['--timeout', '50', ...(await shop()), `https://${host}:${port}/`])
    expect(status).toBe(1)
    expect(stdout).toContain('✗ The TLS handshake did not finish in time.')
  })

  it('takes an answer of any status for a success', async () => {
    const { port } = await startHttp((_request, response) => {
      response.statusCode = 503
      response.end('')
    })
    const { status, stdout } = await type([...(await shop()), `http://${host}:${port}/`])
    expect(status).toBe(0)
    expect(stdout).toContain('503 Service Unavailable')
  })
})

describe('mistakes on the command line', () => {
  it.each([
    [['ftp://a.test/'], /ftp: cannot be traced/],
    [['https://'], /is not a URL/],
    [['https://user:pw@a.test/'], /Credentials do not belong in a URL/],
    [['--http1.1', '--http2', 'a.test'], /exclude each other/],
    [['--json', '--mermaid', 'a.test'], /exclude each other/],
    [['--mermaid', '--repeat', '2', 'a.test'], /leave --repeat out/],
    [['--http2', 'http://a.test'], /needs an https: URL/],
    [['--repeat', '0', 'a.test'], /--repeat "0": expected a whole number from 1 to 1000/],
    [['--timeout', 'soon', 'a.test'], /--timeout "soon": expected a whole number/],
    [['--dns', 'a:b:c:d:', 'a.test'], /--dns .*expected/],
    [['--dns', '127.0.0.1:99999', 'a.test'], /from 1 to 65535/],
    [['--cacert', '/nowhere/ca.pem', 'a.test'], /CA file \/nowhere\/ca\.pem cannot be read/],
    [['--data', '@/nowhere', 'a.test'], /file \/nowhere of --data cannot be read/],
    [['-H', 'nonsense', 'a.test'], /is not a header field/],
    [['-H', 'bad name: x', 'a.test'], /is not a header field/],
    [['-H', 'Content-Length: 3', 'a.test'], /Content-Length is set by the connection itself/],
    [['-X', 'GE T', 'a.test'], /is not a method/],
    [['-X', 'CONNECT', 'a.test'], /CONNECT cannot be traced/],
  ])('%o', async (words, message) => {
    await expect(type(words)).rejects.toMatchObject({ code: 'USAGE', message: expect.stringMatching(message) })
  })

  it('a CA file without a certificate', async () => {
    const file = await testFile('ca.pem', 'hello')
    await expect(type(['--cacert', file, 'a.test'])).rejects.toThrow('holds no certificate in PEM form')
  })
})

const zone = (kind: string, name: string): DnsAnswer =>
  name === 'www.roundtrip.test.'
    ? { records: kind === 'A' ? [record(name, { type: 'A', address: '127.0.0.1' })] : [] }
    : { rcode: 'REFUSED' }

const unasked = async (): Promise<never> => Promise.reject(new Error('asked'))

const stackAt = async (httpsPort: number, httpPort = 0): Promise<StackAddresses> => {
  const dns = await startDns(zone)
  const caFile = await testFile('ca.pem', await authorityPem())
  return {
    dns,
    caFile,
    edges: [{ name: 'edge-1', host: '127.0.0.1', httpsPort, httpPort }],
  } as unknown as StackAddresses
}

describe('names of the stack', () => {
  it('go to the DNS server, the edge and the authority of the running stack', async () => {
    const { port, requests } = await startHttps()
    const stack = await stackAt(port)
    const { document } = await json(['--http1.1', 'https://www.roundtrip.test/'], { findStack: async () => stack })
    // The test's certificate is for another name, which is as far as it has to get.
    expect(document).toMatchObject({
      notes: [`443 → ${port}, this stack's edge`],
      name: { source: 'dns', server: `127.0.0.1:${stack.dns.port}` },
      connect: [{ address: '127.0.0.1', port }],
      error: { code: 'CERTIFICATE_NAME_MISMATCH' },
    })
    expect(requests).toEqual([])
  })

  it('need no DNS below localhost', async () => {
    const { port } = await startHttp()
    const stack = await stackAt(1, port)
    const { document } = await json(['http://www.roundtrip.localhost/'], { findStack: async () => stack })
    expect(document).toMatchObject({
      ok: true,
      name: { source: 'loopback' },
      notes: [`80 → ${port}, this stack's edge`],
    })
  })

  it('keep a port that the URL names', async () => {
    const { port } = await startHttp()
    const stack = await stackAt(1, 2)
    const { document } = await json([`http://www.roundtrip.test:${port}/`], { findStack: async () => stack })
    expect(document).toMatchObject({ ok: true, notes: [] })
  })

  it('cannot be traced while none is running', async () => {
    const message =
      'www.roundtrip.test is a name of the stack. No stack is running here; start one with ./roundtrip up.' +
      ' For one elsewhere: --dns HOST:PORT --cacert FILE.'
    await expect(type(['https://www.roundtrip.test/'])).rejects.toMatchObject({ code: 'STACK_NOT_RUNNING', message })
    const io = testIo()
    const args = parseCommandLine(traceCommand, ['--json', 'https://www.roundtrip.test/']) as TraceArgs
    await expect(runTrace(args, io, world(noStack))).rejects.toMatchObject({ code: 'STACK_NOT_RUNNING' })
    expect(JSON.parse((await io.output()).stdout)).toMatchObject({ ok: false, error: { code: 'STACK_NOT_RUNNING' } })
  })

  it('can be traced elsewhere by its servers', async () => {
    const { port } = await startHttps()
    const dns = await startDns(zone)
    const words = [
      '--dns',
      `127.0.0.1:${dns.port}`,
      '--cacert',
      await testCaFile(),
      `https://www.roundtrip.test:${port}/`,
    ]
    expect((await json(words)).document).toMatchObject({ error: { code: 'CERTIFICATE_NAME_MISMATCH' } })
  })

  it('are not asked for when the URL is of the outside', async () => {
    const { port } = await startHttp()
    expect((await type([`http://127.0.0.1:${port}/`], { findStack: unasked })).status).toBe(0)
  })
})
