/** The settings every service has, under the prefix `SERVICE`. */
import { setting } from '@roundtrip/config'
import { Type, type Static } from 'typebox'

export const commonSettings = Type.Object({
  instance: setting.optional(
    setting.text({
      description: 'name of this instance in logs, traces and `Server-Timing`; the name of the service by default',
    }),
  ),
  logLevel: setting.choice(['debug', 'info', 'warn', 'error'], {
    description: 'least severe level that is logged',
    default: 'info',
  }),
  healthHost: setting.host({ description: 'address of the health listener', default: '127.0.0.1' }),
  healthPort: setting.optional(
    setting.port({
      description:
        'port of the health listener (`/health/live`, `/health/startup`, `/health/ready`, `/metrics`); off when unset',
    }),
  ),
  lameDuckMs: setting.optional(
    setting.durationMs({
      description:
        'how long a service that was told to stop says so and goes on accepting, until balancers have noticed; not at all when unset',
    }),
  ),
  drainTimeoutMs: setting.durationMs({
    description: 'how long requests in flight may take to finish at shutdown',
    default: 10_000,
  }),
})

export type CommonSettings = Static<typeof commonSettings>
