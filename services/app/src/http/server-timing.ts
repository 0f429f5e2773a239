/** Tells the tiers in front and the client where the time went (W3C Server Timing), when the trace is sampled. */
import { formatServerTiming } from '@roundtrip/http'
import { timingsOf, traceOf } from './request-context.ts'
import type { AppServer } from './server.ts'

/** @param instance name of this instance, such as `app-1` */
export const serverTiming = (app: AppServer, instance: string): void => {
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (!traceOf(request).sampled) return done()
    const { metrics, elapsedMs } = timingsOf(request)
    const own = { name: 'app', durationMs: elapsedMs, description: instance }
    reply.header('server-timing', [...metrics.toReversed(), own].map(formatServerTiming).join(', '))
    done()
  })
}
