/** An edge without a pipeline: real listeners and protocols, and one handler that says which process it is in. */
import { setTimeout as wait } from 'node:timers/promises'
import { serveHttp1 } from '@roundtrip/http1'
import { Fields, type HttpHandler, type Log } from '@roundtrip/http'
import type { Component, Health, Surroundings } from '@roundtrip/service'
import { healthTopic } from '@roundtrip/worker-group'
import { edgeSettings, type EdgeSettings } from '../config.ts'
import { defaultListenerSettings } from '../listener/listener-settings.ts'
import type { Protocols } from '../listener/listener.ts'
import { serveHttp2 } from '@roundtrip/http2'
import { openListeners } from '../listener/open-listeners.ts'
import { defaultTlsSettings } from '../tls/tls-settings.ts'
import type { Workplace } from '../workers/workplace.ts'

export const fixtureSettings: typeof edgeSettings = edgeSettings

/** `/slow` takes a while, `/crash` ends the process, anything else is answered with its id. */
const handler: HttpHandler = async ({ target }) => {
  if (target === '/crash') process.exit(3)
  if (target === '/slow') await wait(200)
  return { status: 200, fields: Fields.of({ 'content-type': 'text/plain' }), body: String(process.pid) }
}

const protocolsOf = (scheme: 'https' | 'http', log: Log): Protocols => {
  const options = { handler, scheme, log, trustRequestId: false } as const
  return { http1: serveHttp1(options), http2: serveHttp2(options) }
}

const health = async (): Promise<Health> => ({ ready: true, checks: { moon: 'new' } })

export const startFixture = async (
  { settings, log }: Surroundings<EdgeSettings>,
  workplace: Workplace,
): Promise<Component> => {
  const { host, httpsPort, httpPort } = settings
  const listeners = await openListeners({
    host,
    httpsPort,
    httpPort,
    certificate: settings,
    tls: defaultTlsSettings,
    limits: defaultListenerSettings,
    workplace,
    protocolsFor: (name) => protocolsOf(name, log),
    log,
  })
  workplace.bus.subscribe(healthTopic, health)
  return {
    listeners: listeners.addresses,
    health,
    drain: listeners.drain,
    close: async () => listeners.close(),
  }
}
