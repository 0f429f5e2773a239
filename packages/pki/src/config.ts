/** Settings of the run-once certificate task, under the prefix `PKI`. */
import { setting } from '@roundtrip/config'
import { Type } from 'typebox'

export const pkiSettings = Type.Object({
  folder: setting.path({ description: 'folder for `ca.pem`, `ca.key`, `edge.pem` and `edge.key`' }),
  names: setting.list({
    description: 'host names and addresses that the certificate covers',
    default: ['roundtrip.test', 'www.roundtrip.test', 'roundtrip.localhost', 'www.roundtrip.localhost', 'localhost'],
  }),
})
