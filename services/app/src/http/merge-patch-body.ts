/** JSON Merge Patch as the only body of a scope (RFC 7396 §4), which each answer says (Accept-Patch, RFC 5789 §3.1). */
import { RoundtripError } from '@roundtrip/errors'
import type { AppServer } from './server.ts'

export const mergePatchMediaType = 'application/merge-patch+json'

/** Plain JSON is refused: whoever sends it may mean that what is left out is to go. */
export const mergePatchBody = (app: AppServer): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(mergePatchMediaType, { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'))
  app.addContentTypeParser('*', async () => {
    throw new RoundtripError('UNSUPPORTED_MEDIA_TYPE', `Send the change as ${mergePatchMediaType} (RFC 7396).`)
  })
  app.addHook('onRequest', async (_, reply) => {
    reply.header('accept-patch', mergePatchMediaType)
  })
}
