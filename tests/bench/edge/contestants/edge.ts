/** Our edge, as its own process through its `main.ts`, with a production-like log level: no line for a request that went well. */
import { join } from 'node:path'
import type { Contestant } from './contestant.ts'

interface Ready {
  readonly listeners: { readonly https: string }
}

export const edge: Contestant = {
  name: 'edge',
  version: () => 'of the checkout',
  install: 'pnpm install',
  start: async ({ children, serverCore, originPort, certificateFile, keyFile, checkout }) => {
    const child = children.start(process.execPath, [join(checkout, 'services/edge/src/main.ts')], {
      cores: [serverCore],
      environment: {
        NODE_ENV: 'production',
        EDGE_HTTPS_PORT: '0',
        EDGE_CERTIFICATE_FILE: certificateFile,
        EDGE_KEY_FILE: keyFile,
        EDGE_UPSTREAMS: `http://127.0.0.1:${originPort}`,
        EDGE_HEALTH_CHECK_PATH: '/health',
        SERVICE_LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const { listeners } = (await children.message(child)) as Ready
    return {
      pid: child.pid ?? 0,
      plain: 'the edge answers plain HTTP with redirects only',
      tls: Number(new URL(listeners.https).port),
    }
  },
}
