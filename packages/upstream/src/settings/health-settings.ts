/** When a member is taken out: active health checks, and outlier detection from the traffic itself. */
import { setting } from '@roundtrip/config'
import { Type, type Static } from 'typebox'

const closed = { additionalProperties: false } as const

export const healthCheckSettings = Type.Object(
  {
    path: setting.text({ description: 'path that a healthy member answers', default: '/health' }),
    host: setting.optional(
      setting.text({ description: 'Host field of the check; host and port of the member when absent' }),
    ),
    expectedStatuses: Type.Array(Type.Integer({ minimum: 100, maximum: 599 }), {
      expected: 'a list of HTTP statuses',
      description: 'statuses that pass; 200 to 299 when empty',
      default: [],
    }),
    intervalMs: setting.durationMs({ description: 'time between two checks', default: 2000 }),
    unhealthyIntervalMs: setting.optional(
      setting.durationMs({ description: 'time between two checks of a member that is out; intervalMs when absent' }),
    ),
    timeoutMs: setting.durationMs({ description: 'how long a check may take', default: 1000 }),
    rise: setting.count({ description: 'checks in a row that bring a member back', default: 2, minimum: 1 }),
    fall: setting.count({ description: 'failed checks in a row that take a member out', default: 3, minimum: 1 }),
  },
  closed,
)

export const outlierDetectionSettings = Type.Object(
  {
    consecutive5xx: setting.count({
      description: '5xx answers in a row that eject a member; 0 never does',
      default: 10,
    }),
    consecutiveGatewayErrors: setting.count({
      description: '502, 503, 504 and failed connections in a row that eject a member; 0 never does',
      default: 5,
    }),
    intervalMs: setting.durationMs({ description: 'time between two looks at success rates', default: 10_000 }),
    successRateMinHosts: setting.count({
      description: 'members with enough requests before success rates are compared; 0 never compares',
      default: 5,
    }),
    successRateMinRequests: setting.count({
      description: 'requests of a member in an interval to be compared',
      default: 100,
    }),
    successRateStdevPercent: setting.count({
      description: 'how far below the mean a success rate may be, in percent of a standard deviation',
      default: 190,
    }),
    baseEjectionMs: setting.durationMs({
      description: 'first ejection; later ones are as many times longer',
      default: 30_000,
    }),
    maxEjectionMs: setting.durationMs({ description: 'longest ejection', default: 300_000 }),
    maxEjectedPercent: setting.count({
      description: 'most members ejected at once; one always may be',
      default: 50,
      maximum: 100,
    }),
  },
  { ...closed, default: {} },
)

export type HealthCheckSettings = Readonly<Static<typeof healthCheckSettings>>
export type OutlierDetectionSettings = Readonly<Static<typeof outlierDetectionSettings>>
