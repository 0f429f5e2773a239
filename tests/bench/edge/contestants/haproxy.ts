/** HAProxy with one thread: a proxy for everything, its cache for `/cached/`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../../helpers/free-port.ts'
import { versionOf } from '../../program-version.ts'
import type { Contestant, Surroundings } from './contestant.ts'

const host = '127.0.0.1'

const configuration = ({ originPort }: Surroundings, pemFile: string, plain: number, tls: number): string => `
global
  nbthread 1
  maxconn 4096
  ssl-default-bind-options ssl-min-ver TLSv1.2
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256
  ssl-default-bind-curves X25519
defaults
  mode http
  timeout connect 1s
  timeout client 300s
  timeout server 300s
  timeout http-keep-alive 300s
  http-reuse always
  option forwardfor
cache bench
  total-max-size 64
  max-object-size 1000000
  max-age 3600
frontend front
  bind ${host}:${plain}
  bind ${host}:${tls} ssl crt ${pemFile} alpn h2,http/1.1
  acl cached path_beg /cached/
  http-request cache-use bench if cached
  http-response cache-store bench
  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
  default_backend origin
backend origin
  server origin ${host}:${originPort}
`

export const haproxy: Contestant = {
  name: 'haproxy',
  version: () => versionOf('haproxy', '-v', /version (\S+)/),
  install: 'apt-get install haproxy',
  start: async (surroundings) => {
    const { children, folder, serverCore, certificateFile, keyFile } = surroundings
    const plain = await freePort([{ host, protocol: 'tcp' }])
    const tls = await freePort([{ host, protocol: 'tcp' }])
    const file = join(folder, 'haproxy.cfg')
    const pemFile = join(folder, 'certificate-and-key.pem')
    writeFileSync(pemFile, readFileSync(certificateFile, 'utf8') + readFileSync(keyFile, 'utf8'), { mode: 0o600 })
    writeFileSync(file, configuration(surroundings, pemFile, plain, tls))
    const child = children.start('haproxy', ['-db', '-q', '-f', file], { cores: [serverCore] })
    return { pid: child.pid ?? 0, plain, tls }
  },
}
