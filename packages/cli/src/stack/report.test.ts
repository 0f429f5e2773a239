import type { StatusRow } from '@roundtrip/stack'
import { describe, expect, it } from 'vitest'
import { testIo } from '../testing/test-io.ts'
import { visibleWidth } from '../terminal/text.ts'
import { reportText, shownPath, type Report } from './report.ts'

const row = (name: string, tier: StatusRow['tier'], addresses: StatusRow['addresses']): StatusRow => ({
  name,
  tier,
  kind: tier === 'launcher' ? 'launcher' : 'service',
  state: 'ready',
  pid: 1,
  uptimeMs: 1,
  memoryBytes: 1,
  restarts: 0,
  lastExit: undefined,
  addresses,
})

const report: Report = {
  pid: 1,
  stack: {
    root: '/work/project/.roundtrip',
    publicName: 'www.roundtrip.test',
    caFile: '/work/project/.roundtrip/pki/ca.pem',
    dns: { host: '127.0.0.1', port: 5301 },
    edges: [{ name: 'edge-1', host: '127.0.0.1', httpsPort: 9443, httpPort: 9080 }],
    addresses: {},
    mailboxFolder: '/work/project/.roundtrip/mailbox',
  },
  data: {
    primaryUrl: 'postgres://roundtrip@127.0.0.1:15432/roundtrip',
    replicaUrl: 'postgres://roundtrip@127.0.0.1:15433/roundtrip',
    databasePasswordFile: '/work/project/.roundtrip/secrets/database-password',
    cacheUrl: 'redis://127.0.0.1:16379',
    queueUrl: 'redis://127.0.0.1:16380',
    redisPasswordFile: '/work/project/.roundtrip/secrets/redis-password',
  },
  postgresFolder: '/work/project/.roundtrip/postgres',
  instances: [
    row('edge-1', 'edge', { https: '127.0.0.1:9443', http: '127.0.0.1:9080' }),
    row('dns', 'dns', { dns: '127.0.0.1:5301' }),
    row('launcher', 'launcher', {}),
  ],
  tookMs: 3400,
  cold: false,
}
const { io } = testIo({ cwd: '/work/project' })

describe('reportText', () => {
  const lines = reportText(report, ['Ctrl-C stops it.'], io).split('\n')

  it('counts what runs and shows it', () => {
    expect(lines[0]).toBe('Roundtrip is up: 2 instances in 3.4 s (warm start).')
    expect(lines).toContain('edge  edge-1    127.0.0.1:9443 https, :9080 http  ready')
    expect(lines.join('\n')).not.toContain('launcher')
  })

  it('says how to try it, with the real ports and paths that can be pasted', () => {
    expect(lines).toContain('Try it')
    expect(lines).toContain('  curl --cacert .roundtrip/pki/ca.pem \\')
    expect(lines).toContain('    --resolve www.roundtrip.test:9443:127.0.0.1 \\')
    expect(lines).toContain('    https://www.roundtrip.test:9443/api/users')
    const text = lines.join('\n')
    expect(text).toContain('./roundtrip trace https://www.roundtrip.test/')
    expect(text).toContain('https://www.roundtrip.localhost:9443/')
    expect(text).toContain('dig @127.0.0.1 -p 5301 www.roundtrip.test')
  })

  it('says where Postgres keeps its data only when that is somewhere else', () => {
    expect(lines.join('\n')).not.toContain('Postgres keeps')
    const text = reportText({ ...report, postgresFolder: '/var/lib/roundtrip/ab12/postgres' }, [], io)
    expect(text).toContain('Postgres keeps its data in /var/lib/roundtrip/ab12/postgres')
  })

  it('suggests nothing that does not run', () => {
    const text = reportText({ ...report, instances: [row('web-1', 'web', {})] }, [], io)
    expect(text).not.toMatch(/Try it|curl|dig/)
  })

  describe('with the data tier and an app of the user’s own', () => {
    const data: StatusRow[] = [
      { ...row('postgres-primary', 'data', {}), role: 'replica' },
      { ...row('postgres-replica', 'data', {}), role: 'primary' },
      row('redis-cache', 'data', {}),
      row('redis-queue', 'data', {}),
    ]
    const own: Report = {
      ...report,
      ownApp: { origins: ['http://127.0.0.1:3000', 'http://127.0.0.1:3001'], healthPath: '/healthz' },
      instances: [...report.instances, row('web-1', 'web', {}), ...data],
    }

    it('says what web proxies to, and asks for nothing that only the shop has', () => {
      const text = reportText(own, [], io)
      const sentence =
        'web proxies to your app at http://127.0.0.1:3000, http://127.0.0.1:3001 (health check: /healthz).'
      expect(text.split('\n')).toContain(sentence)
      expect(text).toContain('    https://www.roundtrip.test:9443/\n')
      expect(text).not.toContain('/api/users')
    })

    it.each([
      ['data alone', { ...report, instances: data }],
      ['an app of their own', own],
    ])('says how to reach the data with %s', (_which, shown) => {
      const found = reportText(shown, [], io).split('\n')
      const begin = found.indexOf('Data for your app')
      expect(found.slice(begin + 1, begin + 7)).toEqual([
        '  postgres://roundtrip@127.0.0.1:15432/roundtrip  Postgres, reads and writes',
        '  postgres://roundtrip@127.0.0.1:15433/roundtrip  Postgres, reads only',
        '  redis://127.0.0.1:16379                         Redis that evicts: a cache',
        '  redis://127.0.0.1:16380                         Redis that keeps: a queue',
        '  .roundtrip/secrets/database-password            file with the password of Postgres',
        '  .roundtrip/secrets/redis-password               file with the password of Redis',
      ])
    })

    it('names no server that does not run, and no data when the shop uses it', () => {
      const redis = reportText({ ...report, instances: data.slice(2) }, [], io)
      expect(redis).toContain('redis-password')
      expect(redis).not.toMatch(/postgres:|database-password/)
      const shop = reportText({ ...report, instances: [...data, row('app-1', 'app', {})] }, [], io)
      expect(shop).not.toContain('Data for your app')
    })
  })

  it('fits into 80 columns', () => {
    for (const line of lines) expect(visibleWidth(line)).toBeLessThanOrEqual(80)
  })
})

describe('shownPath', () => {
  it.each([
    ['/a/b/c', '/a/b', 'c'],
    ['/a/b', '/a/b', '.'],
    ['/x/c', '/a/b', '/x/c'],
  ])('%s from %s is %s', (path, cwd, shown) => {
    expect(shownPath(path, cwd)).toBe(shown)
  })
})
