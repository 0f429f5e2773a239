import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadSettings } from '@roundtrip/config'
import { RoundtripError } from '@roundtrip/errors'
import { describe, expect, it, onTestFinished } from 'vitest'
import { edgeSettings } from '../config.ts'
import { certificateFile, keyFile } from '../testing/test-edge.ts'
import type { EdgeFile } from './edge-file.ts'
import { readEdgeFile } from './read-edge-file.ts'

const read = (environment: Record<string, string>): EdgeFile =>
  readEdgeFile(
    loadSettings('EDGE', edgeSettings, {
      EDGE_CERTIFICATE_FILE: certificateFile,
      EDGE_KEY_FILE: keyFile,
      ...environment,
    }),
  )

const fileOf = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'edge-file-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'edge.yaml')
  writeFileSync(file, text)
  return file
}

/** Without the folder, which is another each time. */
const problemsOf = (text: string, environment: Record<string, string> = {}): string[] => {
  try {
    read({ EDGE_SETTINGS_FILE: fileOf(text), ...environment })
  } catch (error) {
    expect(error).toBeInstanceOf(RoundtripError)
    return (error as Error).message.split('\n').map((line) => line.replace(/^.*\/edge\.yaml:/, ''))
  }
  throw new Error('was accepted')
}

const pools = 'pools:\n  web: {members: [{origin: "http://10.0.0.1:1"}]}\n'

describe('what the edge does', () => {
  it('is said by the environment alone', () => {
    const file = read({ EDGE_UPSTREAMS: 'http://10.0.0.1:1', EDGE_HOSTS: 'a.test', EDGE_MAX_BODY_BYTES: '5' })
    expect(file).toMatchObject({
      hosts: ['a.test'],
      routes: [{ name: 'default', path: '/', pool: 'web' }],
      pools: { web: { members: [{ origin: 'http://10.0.0.1:1', weight: 1 }], healthCheck: { path: '/health/web' } } },
      limits: { maxBodyBytes: 5 },
    })
  })

  it('is said by the file alone', () => {
    const file = read({ EDGE_SETTINGS_FILE: fileOf(`hosts: [b.test]\n${pools}limits: {maxBodyBytes: 7}\n`) })
    expect(file).toMatchObject({ hosts: ['b.test'], limits: { maxBodyBytes: 7 } })
    expect(Object.keys(file.pools)).toEqual(['web'])
  })

  it('goes past the cache for what the file and the environment name, on every route', () => {
    const routes = 'routes: [{name: api, path: /api, cache: {bypass: {cookies: [a], fields: [x-a]}}}, {name: rest}]\n'
    const file = read({
      EDGE_SETTINGS_FILE: fileOf(pools + routes),
      EDGE_CACHE_BYPASS_COOKIES: 'b,c',
      EDGE_CACHE_BYPASS_FIELDS: 'x-b',
    })
    expect(file.routes.map(({ cache }) => cache.bypass)).toEqual([
      { pathPrefixes: [], cookies: ['a', 'b', 'c'], fields: ['x-a', 'x-b'] },
      { pathPrefixes: [], cookies: ['b', 'c'], fields: ['x-b'] },
    ])
  })

  it('is said by the file where both speak of the same', () => {
    const both = { EDGE_UPSTREAMS: 'http://10.0.0.9:9', EDGE_HOSTS: 'a.test', EDGE_MAX_BODY_BYTES: '5' }
    const api = 'pools: {api: {members: [{origin: "http://10.0.0.2:2"}]}}'
    expect(read({ ...both, EDGE_SETTINGS_FILE: fileOf(api) })).toMatchObject({
      hosts: ['a.test'],
      limits: { maxBodyBytes: 5 },
      pools: { web: { members: [{ origin: 'http://10.0.0.9:9' }] }, api: {} },
    })
    expect(read({ ...both, EDGE_SETTINGS_FILE: fileOf(`hosts: [b.test]\n${pools}`) })).toMatchObject({
      hosts: ['b.test'],
      pools: { web: { members: [{ origin: 'http://10.0.0.1:1' }] } },
    })
  })

  it('must be said somewhere', () => {
    expect(() => read({})).toThrow('EDGE_UPSTREAMS is not set')
    expect(() => read({ EDGE_SETTINGS_FILE: '/nowhere/edge.yaml' })).toThrow('/nowhere/edge.yaml cannot be read')
  })

  it('has nothing in it that an empty file would not have', () => {
    const empty = read({ EDGE_UPSTREAMS: 'http://10.0.0.1:1', EDGE_SETTINGS_FILE: fileOf('') })
    expect(empty).toEqual(read({ EDGE_UPSTREAMS: 'http://10.0.0.1:1' }))
  })
})

describe('a settings file that does not fit together', () => {
  it('is told all at once, each with its line', () => {
    const text = `hosts: [www.a.test]
clientAddress:
  trustedHops: [10.0.0.0/8, 10.0.0.0/33]
purgeFrom:
  - localhost
limits: {connections: {proxyProtocol: {trusted: [10.1/16]}}}
tls: {clientCertificates: {mode: require}}
pools:
  web: {members: [{origin: "http://10.0.0.1:1"}], tls: {keyFile: ${keyFile}}}
  empty: {}
  hashed:
    members: [{origin: "http://10.0.0.1:1"}]
    balance: {algorithm: consistent-hash, hashOn: {source: header}}
  files: {members: [{origin: "https://10.0.0.1:1"}], tls: {caFile: /nowhere/ca.pem}}
routes:
  - name: all
  - name: all
    path: /a
    pool: wbe
  - name: again
  - name: odd
    hosts: [https://www.a.test, other.test]
    path: /%61
    methods: [get]
    access: {allow: [::1/129], deny: [x]}
    rateLimit: {policies: [{by: header}, {by: cookie, field: session}]}
`
    expect(problemsOf(text)).toEqual([
      '17:11: routes.1.name: all is there twice',
      '19:11: routes.1.pool: there is no pool wbe: did you mean web?',
      '20:5: routes.2: again takes the same requests as all, which comes first',
      '22:13: routes.3.hosts.0: https://www.a.test is no host name: expected one such as www.example.com',
      '22:33: routes.3.hosts.1: other.test is not among the hosts served: add it to hosts',
      '23:11: routes.3.path: /%61 is never matched: write /a',
      '24:15: routes.3.methods.0: get is no method: they are in capitals, such as GET',
      '26:28: routes.3.rateLimit.policies.0: the policy default counts by header: say which as field',
      '26:42: routes.3.rateLimit.policies.1.name: default is there twice in this route',
      '9:56: pools.web.tls: certificateFile and keyFile go together',
      '13:51: pools.hashed.balance.hashOn: hashes the header: say which as name',
      "14:10: pools.files: /nowhere/ca.pem cannot be read (ENOENT: no such file or directory, open '/nowhere/ca.pem'): expected a PEM file.",
      '3:29: clientAddress.trustedHops.1: 10.0.0.0/33 is no address and no block such as 10.0.0.0/8',
      '5:5: purgeFrom.0: localhost is no address and no block such as 10.0.0.0/8',
      '6:50: limits.connections.proxyProtocol.trusted.0: 10.1/16 is no address and no block such as 10.0.0.0/8',
      '25:22: routes.3.access.allow.0: ::1/129 is no address and no block such as 10.0.0.0/8',
      '25:39: routes.3.access.deny.0: x is no address and no block such as 10.0.0.0/8',
      '7:27: tls.clientCertificates: mode require needs a caFile to hold them against',
    ])
  })

  it('names both values where a request takes more than may come at once: it would be refused for ever', () => {
    const text = `${pools}routes:
  - name: default
    rateLimit:
      policies:
        - {name: burst, quota: 10, burst: 2, cost: 3}
        - {name: quota, quota: 4, cost: 5}
        - {name: unsaid, cost: 601}
        - {name: fits, quota: 1, burst: 5, cost: 5}
`
    expect(problemsOf(text)).toEqual([
      '7:52: routes.0.rateLimit.policies.0.cost: the policy burst takes 3 units a request, but only 2 may come at once (burst): no request would ever pass',
      '8:41: routes.0.rateLimit.policies.1.cost: the policy quota takes 5 units a request, but only 4 may come at once (quota, as burst is unset): no request would ever pass',
      '9:32: routes.0.rateLimit.policies.2.cost: the policy unsaid takes 601 units a request, but only 600 may come at once (quota, as burst is unset): no request would ever pass',
    ])
  })

  it('tells each certificate and each list of authorities that cannot be used, at the setting that names it', () => {
    const folder = join(import.meta.dirname, '../testing/certificates')
    const renewed = `${folder}/renewed`
    const weak = `${folder}/weak.pem`
    const text = `${pools}tls:
  certificates:
    - {certificateFile: ${renewed}.pem, keyFile: ${renewed}.key}
    - {certificateFile: /nowhere/a.pem, keyFile: ${keyFile}}
    - certificateFile: ${certificateFile}
      keyFile: ${renewed}.key
    - {certificateFile: ${keyFile}, keyFile: ${keyFile}}
    - {certificateFile: ${weak}, keyFile: ${weak}}
  clientCertificates:
    mode: request
    caFile: ${keyFile}
`
    expect(problemsOf(text).map((problem) => problem.replaceAll(/\/\S+\//g, ''))).toEqual([
      expect.stringMatching(/^6:\d+: tls\.certificates\.1\.certificateFile: a\.pem cannot be read \(ENOENT.*\)$/),
      '8:16: tls.certificates.2.keyFile: renewed.key is not the key of the certificate in certificate.pem',
      expect.stringMatching(
        /^9:\d+: tls\.certificates\.3\.certificateFile: key\.pem does not hold what it should in PEM/,
      ),
      expect.stringMatching(
        /^10:\d+: tls\.certificates\.4\.certificateFile: weak\.pem is refused by OpenSSL: .*key too small$/,
      ),
      '13:13: tls.clientCertificates.caFile: key.pem does not hold what it should in PEM form',
    ])
  })

  it('may name authorities for nothing: they are not read while clients are asked for no certificate', () => {
    const text = `${pools}tls: {clientCertificates: {caFile: /nowhere/ca.pem}}`
    expect(read({ EDGE_SETTINGS_FILE: fileOf(text) }).tls.clientCertificates.mode).toBe('off')
  })

  it.each([
    ['hosts of the environment', 'routes: [{name: a, hosts: [b.test]}]', /b\.test is not among the hosts served/],
    ['a pool that nobody makes', 'routes: [{name: a, pool: nothing-like-it}]', /pools and EDGE_UPSTREAMS make them/],
    ['two routes that differ in case', 'routes: [{name: a, hosts: [A.test]}, {name: b, hosts: [a.test]}]', /b takes/],
    ['two routes for no host of its own', 'routes: [{name: a, path: /x}, {name: b, path: /x}]', /b takes the same/],
  ])('names %s', (_what, text, problem) => {
    expect(problemsOf(text, { EDGE_UPSTREAMS: 'http://10.0.0.1:1', EDGE_HOSTS: 'a.test' }).join('\n')).toMatch(problem)
  })

  it('is a cache that is to keep what its store does not', () => {
    const routes =
      'routes:\n  - {name: rest}\n  - {name: files, path: /a, cache: {maxObjectBytes: 30000000}}\n' +
      '  - {name: none, path: /b, cache: {maxObjectBytes: 30000000, enabled: false}}\n'
    const text = (cache: string): string => `${pools}${cache}\n${routes}`
    expect(problemsOf(text('cache: {maxBytes: 100000000}'))).toEqual([
      '6:53: routes.1.cache.maxObjectBytes: 30000000 is more than the store keeps of one response: 10000000, by cache.maxBytes and cache.disk',
    ])
    expect(read({ EDGE_SETTINGS_FILE: fileOf(text('cache: {maxBytes: 300000000}')) }).routes).toHaveLength(3)
    const disk = 'cache: {maxBytes: 120000000, disk: {folder: /tmp, maxBytes: 30000000}}'
    expect(read({ EDGE_SETTINGS_FILE: fileOf(text(disk)) }).routes).toHaveLength(3)
  })

  it('is none because a pool has nobody in it yet: the admin API may add them', () => {
    const file = read({ EDGE_SETTINGS_FILE: fileOf('pools: {web: {}}') })
    expect(file.pools['web']?.members).toEqual([])
  })

  it('is not one whose routes differ in anything but what they match', () => {
    const routes = [
      '{name: a}',
      '{name: b, methods: [POST]}',
      '{name: c, path: /a}',
      '{name: d, path: /a, exact: true}',
      '{name: e, hosts: ["*.a.test"]}',
      '{name: f, hosts: [www.a.test]}',
    ]
    const text = `hosts: [www.a.test]\n${pools}routes: [${routes.join(', ')}]`
    expect(read({ EDGE_SETTINGS_FILE: fileOf(text) }).routes).toHaveLength(6)
  })
})
