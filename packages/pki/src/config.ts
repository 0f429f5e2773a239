/** Settings of the certificate task, under the prefix `PKI`. */
import { setting } from '@roundtrip/config'
import { Type } from 'typebox'
import { defaultLeafLifetimeMs } from './leaf-lifetime.ts'

export const pkiSettings = Type.Object({
  folder: setting.path({ description: 'folder for `ca.pem`, `ca.key`, `edge.pem` and `edge-client.pem`' }),
  names: setting.list({
    description: 'host names and addresses that the certificate covers',
    default: ['roundtrip.test', 'www.roundtrip.test', 'roundtrip.localhost', 'www.roundtrip.localhost', 'localhost'],
  }),
  publishFolder: setting.optional(
    setting.path({ description: 'folder for copies of what the edge needs: all but `ca.key`' }),
  ),
  renew: setting.flag({ description: 'whether to stay and renew certificates in time', default: false }),
  leafLifetimeMs: setting.durationMs({
    description: 'how long certificates are valid; they are renewed when half of it is over',
    default: defaultLeafLifetimeMs,
  }),
})
