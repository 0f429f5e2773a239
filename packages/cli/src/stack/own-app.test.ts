import { expect, it } from 'vitest'
import { stackOptionsOf } from './own-app.ts'

const settings = { root: '/r', ports: 'free' } as const
const ownApp = { origins: ['http://127.0.0.1:3000', 'http://127.0.0.1:3001'], healthPath: '/healthz' }
const web = { WEB_UPSTREAMS: 'http://127.0.0.1:3000,http://127.0.0.1:3001', WEB_HEALTH_CHECK_PATH: '/healthz' }

it('runs everything on its own settings without such an app', () => {
  expect(stackOptionsOf(settings, [])).toEqual({ root: '/r', ports: 'free' })
  expect(stackOptionsOf(settings, ['data'])).toEqual({ root: '/r', ports: 'free', include: ['data'] })
})

it('hands the edges their settings file', () => {
  const edge = { EDGE_SETTINGS_FILE: '/e.yaml' }
  expect(stackOptionsOf({ ...settings, edgeSettingsFile: '/e.yaml' }, []).settings).toEqual({ edge })
  expect(stackOptionsOf({ ...settings, edgeSettingsFile: '/e.yaml', ownApp }, []).settings).toEqual({ edge, web })
})

it('leaves the shop out and points web at the app', () => {
  const { include, settings: variables } = stackOptionsOf({ ...settings, ownApp }, [])
  expect(include).toEqual([
    'dns',
    'edge-1',
    'edge-2',
    'web-1',
    'web-2',
    'postgres-primary',
    'postgres-replica',
    'redis-cache',
    'redis-queue',
    'redis-edge',
  ])
  expect(variables).toEqual({ web })
})

it('runs what the command line names, the shop too', () => {
  const options = stackOptionsOf({ ...settings, ownApp }, ['web-1', 'worker-1'])
  expect(options).toMatchObject({ include: ['web-1', 'worker-1'], settings: { web } })
})
