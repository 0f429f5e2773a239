import { describe, expect, it } from 'vitest'
import { stackSettings } from './stack-settings.ts'

const read = (env: Record<string, string>) => stackSettings({ env, cwd: '/home/ada', projectRoot: '/project' })

describe('stackSettings', () => {
  it('keeps its state in the project, runs the shop, and has the ports of the topology', () => {
    const { root, ports, ...rest } = read({})
    expect([root, ports, rest]).toEqual([
      '/project/.roundtrip',
      expect.objectContaining({ ROUNDTRIP_PORT_EDGE_HTTPS: 8443 }),
      {},
    ])
  })

  it('takes a root from where the user is', () => {
    expect(read({ ROUNDTRIP_ROOT: 'state' }).root).toBe('/home/ada/state')
  })

  it('takes a settings file of the edges from where the user is', () => {
    expect(read({ ROUNDTRIP_EDGE_SETTINGS: 'edge.yaml' }).edgeSettingsFile).toBe('/home/ada/edge.yaml')
  })

  it('takes one app or several in place of the shop', () => {
    expect(read({ ROUNDTRIP_APP: 'http://127.0.0.1:3000' }).ownApp).toEqual({
      origins: ['http://127.0.0.1:3000'],
      healthPath: '/',
    })
    const several = { ROUNDTRIP_APP: 'http://a:1,http://b:2', ROUNDTRIP_APP_HEALTH_PATH: '/healthz?deep=1' }
    expect(read(several).ownApp).toEqual({ origins: ['http://a:1', 'http://b:2'], healthPath: '/healthz?deep=1' })
  })

  it.each([
    [{ ROUNDTRIP_APP: '127.0.0.1:3000' }, 'ROUNDTRIP_APP="127.0.0.1:3000" is not valid: expected one or more origins'],
    [{ ROUNDTRIP_APP: 'http://a:1/shop' }, 'ROUNDTRIP_APP="http://a:1/shop" is not valid'],
    [{ ROUNDTRIP_APP_HEALTH_PATH: 'healthz' }, 'expected a path that begins with a slash'],
    [{ ROUNDTRIP_APP_HEALTH_PTAH: '/' }, 'did you mean ROUNDTRIP_APP_HEALTH_PATH?'],
  ])('refuses %j', (env, sentence) => {
    expect(() => read(env)).toThrow(sentence)
  })
})
