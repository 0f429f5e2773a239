import { describe, expect, it } from 'vitest'
import { poolSettings, poolSettingsOf } from './pool-settings.ts'

interface Shape {
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Record<string, Shape>
  readonly additionalProperties?: boolean
  readonly items?: Shape
}

/** Every setting with its path. */
const leaves = (shape: Shape, path: string): [path: string, shape: Shape][] =>
  shape.properties === undefined
    ? [[path, shape], ...(shape.items?.properties === undefined ? [] : leaves(shape.items, `${path}[]`))]
    : Object.entries(shape.properties).flatMap(([name, property]) => leaves(property, `${path}.${name}`))

describe('the settings of a pool', () => {
  it('need nothing but members', () => {
    expect(poolSettingsOf({ members: [{ origin: 'http://10.0.0.1:8080' }] })).toMatchObject({
      members: [{ origin: 'http://10.0.0.1:8080', weight: 1 }],
      balance: { algorithm: 'least-request', hashOn: { source: 'client' }, boundedLoadPercent: 125 },
      outlierDetection: { consecutiveGatewayErrors: 5, baseEjectionMs: 30_000, maxEjectedPercent: 50 },
      circuitBreaker: { maxConnections: 256, maxPending: 1024, failurePercent: 0 },
      timeouts: { connectMs: 1000, firstByteMs: 15_000, idleMs: 30_000, queueMs: 1000 },
      retry: { maxAttempts: 3, on: ['connect-failure', 'reset', 'timeout', '503'], budgetPercent: 20 },
      slowStartMs: 0,
      panicThresholdPercent: 25,
      protocol: 'http1',
      proxyProtocol: 'off',
    })
  })

  it.each(leaves(poolSettings as Shape, 'pool'))('%s is described', (_path, shape) => {
    expect(shape.description).toMatch(/./)
  })

  it.each([
    [{ members: [{ origin: 'not a url' }] }, /members\.0\.origin.*expected an origin/],
    [{ balance: { algorithm: 'round-robbin' } }, /balance\.algorithm.*expected one of round-robin/],
    [{ retry: { on: ['always'] } }, /retry\.on.*expected one of connect-failure/],
    [{ timeouts: { connectMs: 0 } }, /timeouts\.connectMs.*milliseconds/],
    [{ healthChek: {} }, /healthChek: is not a setting here: did you mean healthCheck/],
  ] as const)('refuse %j', (given, sentence) => {
    expect(() => poolSettingsOf(given as never)).toThrow(sentence)
  })
})
