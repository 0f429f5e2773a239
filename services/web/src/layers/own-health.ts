/** Answers the health check of the tier in front: whether this instance works, whatever the application does. */
import { RoundtripError } from '@roundtrip/errors'
import { Fields, type HttpLayer, type HttpRequest } from '@roundtrip/http'

const path = '/health/web'

export const isHealthCheck = ({ target }: HttpRequest): boolean => target === path

/** 503 while draining, so that the balancer in front looks elsewhere before the listener closes. */
export const ownHealth =
  (isDraining: () => boolean): HttpLayer =>
  (next) =>
  async (request, context) => {
    if (!isHealthCheck(request)) return next(request, context)
    if (isDraining()) throw new RoundtripError('DRAINING')
    return {
      status: 200,
      fields: Fields.of({ 'content-type': 'application/json', 'cache-control': 'no-store' }),
      body: '{"ready":true}\n',
    }
  }
