import { describe, expect, it } from 'vitest'
import { cachedResolver } from './name-cache.ts'
import { dnsResolver, resolverFor, systemResolver } from './resolve.ts'
import { record, startDns, type DnsAnswer } from './testing/dns.ts'

const never = new AbortController().signal

const ask = async (reply: (type: string, name: string) => DnsAnswer | undefined, timeoutMs = 2000) => {
  const server = await startDns(reply)
  return dnsResolver(server, timeoutMs)('shop.test', never)
}

const onlyIpv6 = (type: string): DnsAnswer =>
  type === 'A' ? { rcode: 'SERVFAIL' } : { records: [record('shop.test.', { type: 'AAAA', address: '::1' })] }

describe('one DNS server', () => {
  it('is asked for both families and tells the least TTL', async () => {
    const facts = await ask((type) => ({
      records: [
        type === 'A'
          ? record('shop.test.', { type: 'A', address: '127.0.0.1' }, 60)
          : record('shop.test.', { type: 'AAAA', address: '::1' }, 20),
      ],
    }))
    expect(facts).toMatchObject({
      addresses: ['127.0.0.1', '::1'],
      source: 'dns',
      server: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      transport: 'udp',
      authoritative: true,
      ttlSeconds: 20,
      aliases: [],
    })
  })

  it('may answer with a chain of aliases', async () => {
    const facts = await ask((type) => ({
      records: [
        record('shop.test.', { type: 'CNAME', target: 'www.test.' as never }, 300),
        record('www.test.', { type: 'CNAME', target: 'edge.test.' as never }, 200),
        ...(type === 'A' ? [record('edge.test.', { type: 'A', address: '127.0.0.2' }, 100)] : []),
        record('other.test.', { type: 'A', address: '192.0.2.66' }, 1),
      ],
    }))
    expect(facts).toMatchObject({ addresses: ['127.0.0.2'], aliases: ['www.test', 'edge.test'], ttlSeconds: 100 })
  })

  it('needs to answer for one family only', async () => {
    expect((await ask(onlyIpv6)).addresses).toEqual(['::1'])
  })

  it.each([
    [{ rcode: 'NXDOMAIN' }, 'NAME_NOT_FOUND', /shop\.test does not exist \(NXDOMAIN\)/],
    [{}, 'NAME_NOT_FOUND', /exists but has no address \(NODATA\)/],
    [{ rcode: 'REFUSED' }, 'NAME_LOOKUP_FAILED', /\(REFUSED\): the name lies outside its zones/],
    [{ rcode: 'SERVFAIL' }, 'NAME_LOOKUP_FAILED', /answered SERVFAIL for shop\.test/],
  ] as const)('says what went wrong: %o', async (answer, code, message) => {
    await expect(ask(() => answer)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('may keep silent', async () => {
    await expect(ask(() => undefined, 20)).rejects.toMatchObject({
      code: 'NAME_LOOKUP_FAILED',
      message: expect.stringMatching(/^The DNS server 127\.0\.0\.1:\d+ could not be asked for shop\.test: /),
    })
  })

  it('may itself have a name that cannot be looked up', async () => {
    const resolve = dnsResolver({ host: 'nope.invalid', port: 53 }, 2000)
    await expect(resolve('shop.test', never)).rejects.toMatchObject({
      code: 'NAME_LOOKUP_FAILED',
      message: expect.stringMatching(/^The DNS server nope\.invalid:53 could not be asked for shop\.test/),
    })
  })

  it('is waited for until the trace gives up', async () => {
    const giveUp = new AbortController()
    const server = await startDns(() => {
      giveUp.abort()
      return undefined
    })
    await expect(dnsResolver(server, 60_000)('shop.test', giveUp.signal)).rejects.toMatchObject({
      code: 'NAME_LOOKUP_FAILED',
      message: expect.stringMatching(/^No answer for shop\.test from the DNS server 127\.0\.0\.1:\d+ in time\.$/),
    })
  })
})

describe('names that nobody is asked for', () => {
  const resolve = resolverFor(() => Promise.reject(new Error('asked')))

  it('are addresses', async () => {
    expect(await resolve('127.0.0.2', never)).toMatchObject({ addresses: ['127.0.0.2'], source: 'literal' })
    expect(await resolve('::1', never)).toMatchObject({ addresses: ['::1'], source: 'literal' })
  })

  it.each(['localhost', 'www.roundtrip.localhost', 'LOCALHOST.'])('are loopback names: %s', async (name) => {
    expect(await resolve(name, never)).toMatchObject({ addresses: ['127.0.0.1', '::1'], source: 'loopback' })
  })

  it('are not those that only look alike', async () => {
    await expect(resolve('notlocalhost', never)).rejects.toThrow('asked')
  })
})

describe("the system's resolver", () => {
  it('knows this machine and tells no TTL', async () => {
    const facts = await systemResolver('localhost', never)
    expect(facts).toEqual({ addresses: expect.any(Array), source: 'system', aliases: [] })
    expect(facts.addresses.length).toBeGreaterThan(0)
  })

  it('says what went wrong', async () => {
    // RFC 6761 §6.4: no resolver has an address for it. Without a network it may take its time to say another thing.
    await expect(systemResolver('nope.invalid', AbortSignal.timeout(2000))).rejects.toMatchObject({
      code: expect.stringMatching(/^NAME_/),
      message: expect.stringContaining('nope.invalid'),
    })
  })

  it('is waited for until the trace gives up', async () => {
    await expect(systemResolver('localhost', AbortSignal.abort())).rejects.toMatchObject({ code: 'NAME_LOOKUP_FAILED' })
  })
})

describe('the cache of names', () => {
  it('keeps an answer as long as its TTL, and says what is left of it', async () => {
    let now = 0
    let asked = 0
    const resolve = cachedResolver(
      async () => {
        asked++
        return { addresses: ['127.0.0.1'], source: 'dns', ttlSeconds: 30, aliases: [] }
      },
      () => now,
    )
    expect(await resolve('a.test', never)).toMatchObject({ source: 'dns', ttlSeconds: 30 })
    now = 10_500
    expect(await resolve('a.test', never)).toMatchObject({ source: 'cache', ttlSeconds: 20 })
    now = 30_000
    expect(await resolve('a.test', never)).toMatchObject({ source: 'dns' })
    await resolve('b.test', never)
    expect(asked).toBe(3)
  })

  it('asks again where there is no TTL', async () => {
    let asked = 0
    const resolve = cachedResolver(
      async () => {
        asked++
        return { addresses: ['127.0.0.1'], source: 'system', aliases: [] }
      },
      () => 0,
    )
    await resolve('a.test', never)
    await resolve('a.test', never)
    expect(asked).toBe(2)
  })
})
