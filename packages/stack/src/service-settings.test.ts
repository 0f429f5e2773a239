import { expect, test } from 'vitest'
import { assignAddresses } from './ports.ts'
import { renderSettings } from './service-settings.ts'
import { instancesOf, type InstanceSpec } from './topology.ts'

const files = {
  zoneFile: '/z',
  certificateFile: '/c',
  keyFile: '/k',
  databasePasswordFile: '/d',
  redisPasswordFile: '/r',
  edgeRedisPasswordFile: '/e',
  purgePasswordFile: '/p',
  appSecretFile: '/s',
  mailboxFolder: '/m',
}

const renderUnder = async (primary: string, name: string) => {
  const addresses = await assignAddresses('default')
  return renderSettings(instancesOf(name)[0] as InstanceSpec, { ...files, addresses, primary })
}
const render = (name: string) => renderUnder('postgres-primary', name)

test('upstreams are what the topology says an instance talks to', async () => {
  expect(await render('edge-1')).toMatchObject({
    SERVICE_INSTANCE: 'edge-1',
    EDGE_UPSTREAMS: 'http://127.0.0.1:8101,http://127.0.0.1:8102',
  })
  expect(await render('web-2')).toMatchObject({ WEB_UPSTREAMS: 'http://127.0.0.1:8201,http://127.0.0.1:8202' })
})

test('the app reads from the replica, writes to the primary, and finds both Redis', async () => {
  expect(await render('app-1')).toMatchObject({
    APP_PRIMARY_URL: 'postgres://roundtrip@127.0.0.1:15432/roundtrip',
    APP_REPLICA_URLS: 'postgres://roundtrip@127.0.0.1:15433/roundtrip',
    APP_CACHE_URL: 'redis://127.0.0.1:16379',
    APP_QUEUE_URL: 'redis://127.0.0.1:16380',
    APP_PUBLIC_ORIGIN: 'https://www.roundtrip.test:8443',
  })
})

test('after a failover app and migrate are told of the new primary', async () => {
  const urls = ['postgres://roundtrip@127.0.0.1:15433/roundtrip', 'postgres://roundtrip@127.0.0.1:15432/roundtrip']
  const [app, migrate] = await Promise.all(['app-1', 'migrate'].map((name) => renderUnder('postgres-replica', name)))
  expect([app?.['APP_PRIMARY_URL'], app?.['APP_REPLICA_URLS']]).toEqual(urls)
  expect(migrate?.['APP_PRIMARY_URL']).toBe(urls[0])
})

test('edges are steered at their own addresses, and share a Redis to which of all others app alone has a key', async () => {
  const [first, second] = [await render('edge-1'), await render('edge-2')]
  expect(first).toMatchObject({ EDGE_ADMIN_HOST: '127.0.0.1', EDGE_ADMIN_PORT: '9901' })
  expect(second).toMatchObject({ EDGE_ADMIN_HOST: second['EDGE_HOST'], EDGE_ADMIN_PORT: '9901' })
  expect([first['EDGE_REDIS_URL'], second['EDGE_REDIS_URL']]).toEqual(Array(2).fill('redis://127.0.0.1:16381'))
  const others = await Promise.all(['web-1', 'migrate', 'worker-1'].map(render))
  expect(
    others.flatMap((settings) => Object.values(settings)).filter((value) => /:16381|^\/[ep]$/.test(value)),
  ).toEqual([])
  const app = await render('app-1')
  expect(app).toMatchObject({ APP_PURGE_URL: 'redis://app@127.0.0.1:16381', APP_PURGE_PASSWORD_FILE: '/p' })
  expect(Object.values(app)).not.toContain('/e')
})

test('the edge serves the host names that its certificate covers', async () => {
  const { EDGE_HOSTS: hosts } = await render('edge-1')
  expect(hosts?.split(',')).toContain('www.roundtrip.localhost')
  expect(hosts?.split(',')).not.toContain('127.0.0.1')
})

test('passwords and keys are handed over as files', async () => {
  const rendered = await Promise.all(['app-1', 'edge-1', 'migrate', 'worker-1'].map(render))
  const settings = Object.assign({}, ...rendered) as Record<string, string>
  const secret = Object.keys(settings).filter((name) => /PASSWORD|SECRET/.test(name))
  expect(secret.toSorted()).toEqual([
    'APP_DATABASE_PASSWORD_FILE',
    'APP_PURGE_PASSWORD_FILE',
    'APP_REDIS_PASSWORD_FILE',
    'APP_SECRET_FILE',
    'EDGE_REDIS_PASSWORD_FILE',
    'WORKER_REDIS_PASSWORD_FILE',
  ])
})
