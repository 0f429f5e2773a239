/** The sample settings file in front of the whole stack. */
import { join } from 'node:path'
import { projectFolder } from '@roundtrip/stack'
import { describe, expect, it } from 'vitest'
import { embeddedTarget } from '../helpers/embedded-target.ts'
import { useTarget } from '../helpers/use-target.ts'

const file = join(projectFolder, 'infra/edge/edge.yaml')
const order = {
  method: 'POST',
  json: { name: 'Ada', email: 'ada@example.com', lines: [{ productId: 1, quantity: 1 }] },
} as const

describe('the sample settings of the edge', () => {
  const use = useTarget(embeddedTarget({ settings: { edge: { EDGE_SETTINGS_FILE: file } } }))

  it('serve the shop, each kind of request by its own route', async () => {
    expect((await use.client('/')).status).toBe(200)
    expect((await use.client('/assets/site.css')).status).toBe(200)
    expect((await use.client('/api/orders', order)).status).toBe(201)
    const metrics = String(await use.target.askEdge('edge-1', { method: 'GET', path: '/metrics' }))
    for (const route of ['default', 'assets', 'api-orders'])
      expect(metrics).toMatch(new RegExp(`edge_responses_total\\{route="${route}",status="2xx"\\} 1\\b`))
  })

  it('tell clients of the API how often they may ask, and count over both edges', async () => {
    const { headers, status } = await use.client('/api/users')
    expect(status).toBe(200)
    expect(headers['ratelimit-policy']).toMatch(/^"api";q=600;w=60/)
    expect(headers['ratelimit']).toMatch(/^"api";r=\d+/)
    expect((await use.client('/')).headers['ratelimit-policy']).toBeUndefined()
  })

  it('refuse who orders like a machine, and nobody else', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 40 }, async () => (await use.client('/api/orders', order)).status),
    )
    expect(new Set(statuses)).toEqual(new Set([201, 429]))
    expect((await use.client('/api/users')).status).toBe(200)
  })

  it('take links with the tags of campaigns for the same file', async () => {
    const path = '/assets/favicon.svg?utm_source='
    await use.client(`${path}mail`)
    const url = `https://${use.target.publicName}:${use.target.edges[0]?.httpsPort}${path}page`
    const question = { method: 'GET', path: `/cache/explain?url=${encodeURIComponent(url)}` } as const
    const { route, selected } = (await use.target.askEdge('edge-1', question)) as { route: string; selected?: object }
    expect(route).toBe('assets')
    expect(selected).toMatchObject({ status: 200 })
  })
})
