import { join } from 'node:path'
import { loadSettings } from '@roundtrip/config'
import { expect, it } from 'vitest'
import { edgeSettings } from '../config.ts'
import { certificateFile, keyFile } from '../testing/test-edge.ts'
import { readEdgeFile } from './read-edge-file.ts'

it('the sample in infra/edge can be used, and says what it shows', () => {
  const { routes, rateLimiter } = readEdgeFile(
    loadSettings('EDGE', edgeSettings, {
      EDGE_CERTIFICATE_FILE: certificateFile,
      EDGE_KEY_FILE: keyFile,
      EDGE_UPSTREAMS: 'http://127.0.0.1:8101',
      EDGE_SETTINGS_FILE: join(import.meta.dirname, '../../../../infra/edge/edge.yaml'),
    }),
  )
  expect(routes.map(({ name, path, priority }) => `${name} ${path} ${priority}`)).toEqual([
    'assets /assets sheddable',
    'orders /orders critical',
    'api-orders /api/orders critical',
    'cart-checkout /cart/checkout critical',
    'api-cart-checkout /api/cart/checkout critical',
    'api /api normal',
    'default / normal',
  ])
  expect(rateLimiter.instances).toBe(2)
})
