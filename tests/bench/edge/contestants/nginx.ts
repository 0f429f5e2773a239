/** nginx with one worker: a proxy for everything, its cache for `/cached/`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../../helpers/free-port.ts'
import { versionOf } from '../../program-version.ts'
import type { Contestant, Surroundings } from './contestant.ts'

const host = '127.0.0.1'

/** Its workers would otherwise be somebody who may not enter our folder. */
const account = process.getuid?.() === 0 ? 'user root;' : ''

const configuration = (
  { folder, originPort, certificateFile, keyFile }: Surroundings,
  plain: number,
  tls: number,
): string => `${account}
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log crit;
events { worker_connections 4096; multi_accept on; }
http {
  access_log off;
  sendfile on;
  tcp_nodelay on;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  open_file_cache max=1000 inactive=300s;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  proxy_cache_path ${folder}/cache levels=1:2 keys_zone=answers:10m max_size=64m inactive=1h use_temp_path=off;
  upstream origin { server ${host}:${originPort}; keepalive 128; keepalive_requests 1000000000; }
  ssl_certificate ${certificateFile};
  ssl_certificate_key ${keyFile};
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
  ssl_ecdh_curve X25519;
  ssl_session_cache shared:sessions:10m;
  ssl_session_tickets on;
  server {
    listen ${host}:${plain};
    listen ${host}:${tls} ssl http2;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_buffers 16 16k;
    proxy_max_temp_file_size 0;
    location / { proxy_pass http://origin; }
    location /cached/ { proxy_pass http://origin; proxy_cache answers; }
  }
}
`

export const nginx: Contestant = {
  name: 'nginx',
  version: () => versionOf('nginx', '-v', /nginx\/(\S+)/),
  install: 'apt-get install nginx-light',
  start: async (surroundings) => {
    const { children, folder, serverCore } = surroundings
    const plain = await freePort([{ host, protocol: 'tcp' }])
    const tls = await freePort([{ host, protocol: 'tcp' }])
    const file = join(folder, 'nginx.conf')
    writeFileSync(file, configuration(surroundings, plain, tls))
    const child = children.start('nginx', ['-e', join(folder, 'start.log'), '-p', folder, '-c', file], {
      cores: [serverCore],
    })
    return { pid: child.pid ?? 0, plain, tls }
  },
}
