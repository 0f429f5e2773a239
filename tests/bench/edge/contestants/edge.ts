/** Our edge, as its own process through its `main.ts`: one worker, no line for a request, plain HTTP served rather than redirected. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contestant } from './contestant.ts'

interface Ready {
  readonly listeners: { readonly https: string; readonly http: string }
}

/** As the edge's README has it for a busy machine. */
const youngGeneration = ['--min-semi-space-size=32', '--max-semi-space-size=32']
const heapFlags = ['--single-threaded-gc', ...youngGeneration, '--heap-growing-percent=400']
const heapSettings = { GLIBC_TUNABLES: 'glibc.malloc.tcache_max=131072:glibc.malloc.tcache_count=500' }

const portOf = (address: string): number => Number(new URL(address).port)

const settingsFor = (originPort: number): object => ({
  pools: { web: { members: [{ origin: `http://127.0.0.1:${originPort}` }], healthCheck: { path: '/health' } } },
  routes: [{ name: 'all', httpsRedirect: { httpsRedirect: false } }],
})

export const edge: Contestant = {
  name: 'edge',
  version: () => 'of the checkout',
  install: 'pnpm install',
  start: async ({ children, folder, serverCore, originPort, certificateFile, keyFile, checkout }) => {
    const settingsFile = join(folder, 'edge.yaml')
    // JSON is YAML, too.
    writeFileSync(settingsFile, JSON.stringify(settingsFor(originPort)))
    const child = children.start(process.execPath, [...heapFlags, join(checkout, 'services/edge/src/main.ts')], {
      cores: [serverCore],
      environment: {
        ...heapSettings,
        NODE_ENV: 'production',
        EDGE_HTTPS_PORT: '0',
        EDGE_HTTP_PORT: '0',
        EDGE_CERTIFICATE_FILE: certificateFile,
        EDGE_KEY_FILE: keyFile,
        EDGE_SETTINGS_FILE: settingsFile,
        EDGE_ACCESS_LOG: 'none',
        SERVICE_LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const { listeners } = (await children.message(child)) as Ready
    return { pid: child.pid ?? 0, plain: portOf(listeners.http), tls: portOf(listeners.https) }
  },
}
