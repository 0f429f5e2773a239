/** For tests: a web tier on a free port, with a folder of its own and an application that the test decides. */
import { once } from 'node:events'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { loadSettings } from '@roundtrip/config'
import { createLogger, type Component } from '@roundtrip/service'
import { onTestFinished } from 'vitest'
import { webSettings } from './config.ts'
import { startWeb } from './start.ts'

export type Site = Readonly<Record<string, string | Uint8Array>>

/** A folder with these files, gone when the test has finished. */
export const createSite = async (files: Site): Promise<string> => {
  const root = await mkdtemp(join(tmpdir(), 'roundtrip-site-'))
  onTestFinished(() => rm(root, { recursive: true }))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content)
  }
  return root
}

/** @returns its origin */
export const startApp = async (
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> => {
  const server = createServer({ maxHeaderSize: 65_536 }, (incoming, outgoing) => {
    if (incoming.url === '/health/ready') outgoing.end()
    else answer(incoming, outgoing)
  })
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface TestWeb {
  readonly component: Component
  readonly origin: string
  /** Sends the target exactly as it stands, without decoding the answer. */
  readonly send: (target: string, headers?: Record<string, string>, method?: string, body?: string) => Promise<Reply>
}

/** Its application answers `app: <method> <url>` unless told otherwise. */
export const startTestWeb = async (
  root: string,
  answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    outgoing.end(`app: ${incoming.method} ${incoming.url}`)
  },
  environment: Record<string, string> = {},
): Promise<TestWeb> => {
  const settings = loadSettings('WEB', webSettings, {
    WEB_PORT: '0',
    WEB_ROOT: root,
    WEB_UPSTREAMS: environment['WEB_UPSTREAMS'] ?? (await startApp(answer)),
    ...environment,
  })
  const component = await startWeb({ settings, log: createLogger('web', 'web-1', 'silent'), instance: 'web-1' })
  onTestFinished(() => component.close())
  const origin = component.listeners['http'] ?? ''
  return {
    component,
    origin,
    send: async (target, headers = {}, method = 'GET', body) => {
      const { hostname, port } = new URL(origin)
      const outgoing = request({ hostname, port, path: target, method, headers, agent: false })
      outgoing.end(body)
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
      return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: await buffer(incoming) }
    },
  }
}
