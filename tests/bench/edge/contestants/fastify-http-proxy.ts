/** `@fastify/http-proxy`, the Node peer: plain and TLS, each a process of its own on the same core. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Contestant } from './contestant.ts'

const program = `${import.meta.dirname}/fastify-http-proxy.main.ts`

export const fastifyHttpProxy: Contestant = {
  name: 'fastify-http-proxy',
  version: () => {
    const manifest = createRequire(import.meta.url).resolve('@fastify/http-proxy/package.json')
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
  },
  install: 'pnpm install',
  start: async ({ children, serverCore, originPort, certificateFile, keyFile }) => {
    const child = children.start(process.execPath, [program], {
      cores: [serverCore],
      environment: {
        NODE_ENV: 'production',
        ORIGIN: `http://127.0.0.1:${originPort}`,
        CERTIFICATE_FILE: certificateFile,
        KEY_FILE: keyFile,
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const ports = (await children.message(child)) as { plain: number; tls: number }
    return { pid: child.pid ?? 0, ...ports }
  },
}
