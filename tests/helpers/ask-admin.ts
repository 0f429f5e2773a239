/** One question to the admin API of an edge. Sent to containers as text, too: it stands on nothing but `fetch`. */
import type { AdminQuestion } from './target.ts'

/** @returns JSON as it came, or text @throws Error when the edge says no, with its reason */
export const askAdmin = async (origin: string, { method, path, body }: AdminQuestion): Promise<unknown> => {
  const content = body === undefined ? undefined : JSON.stringify(body)
  const reply = await fetch(origin + path, { method, ...(content !== undefined && { body: content }) })
  const text = await reply.text()
  if (!reply.ok) throw new Error(text)
  return reply.headers.get('content-type')?.includes('json') === true ? (JSON.parse(text) as unknown) : text
}
