/** The way to the next page of a list: in the body, and as a link for clients that know no more than HTTP (RFC 8288). */
import type { FastifyReply, FastifyRequest } from 'fastify'

/** @param cursor undefined on the last page */
export const nextPage = (
  request: FastifyRequest,
  reply: FastifyReply,
  cursor: string | undefined,
): { readonly nextCursor?: string } => {
  if (cursor === undefined) return {}
  const [path = '', query = ''] = request.url.split('?')
  const parameters = new URLSearchParams(query)
  parameters.set('cursor', cursor)
  reply.header('link', `<${path}?${parameters.toString()}>; rel="next"`)
  return { nextCursor: cursor }
}
