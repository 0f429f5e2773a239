/** Varnish, memory store, for cached answers over plain HTTP/1.1: Debian's does not speak TLS. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../../helpers/free-port.ts'
import { versionOf } from '../../program-version.ts'
import type { Contestant } from './contestant.ts'

const host = '127.0.0.1'

export const varnish: Contestant = {
  name: 'varnish',
  version: () => versionOf('varnishd', '-V', /varnish-(\S+)/),
  install: 'apt-get install varnish',
  start: async ({ children, folder, serverCore, originPort }) => {
    const plain = await freePort([{ host, protocol: 'tcp' }])
    const file = join(folder, 'bench.vcl')
    writeFileSync(file, `vcl 4.1;\nbackend origin { .host = "${host}"; .port = "${originPort}"; }\n`)
    const parameters = ['timeout_idle=300', 'thread_pools=1', 'thread_pool_min=100'].flatMap((value) => ['-p', value])
    const child = children.start(
      'varnishd',
      // `-j none`: it gives up no account, so it can run as whoever runs the benchmark.
      ['-j', 'none', '-F', '-n', join(folder, 'work'), '-a', `${host}:${plain}`, '-f', file, '-s', 'malloc,64m'].concat(
        parameters,
      ),
      { cores: [serverCore], stdio: ['ignore', 'ignore', 'ignore'] },
    )
    return { pid: child.pid ?? 0, plain, tls: 'it does not terminate TLS', proxied: 'it is here for cached answers' }
  },
}
