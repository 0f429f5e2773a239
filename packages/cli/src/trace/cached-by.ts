/** Which cache on the way answered, as they say themselves (Cache-Status, RFC 9211). */
import type { Trace } from './trace.ts'

/** The first of them that the request met; undefined when the origin answered. */
export const cachedBy = ({ response }: Trace): string | undefined => {
  // Each cache has added itself at the end on the way back. A comma in a quoted detail splits a member in two, no more.
  const members = (response?.fields.getAll('cache-status') ?? []).join(',').split(',')
  const hit = members.findLast((member) => parametersOf(member).includes('hit'))
  return hit === undefined ? undefined : hit.split(';')[0]?.trim().replaceAll('"', '')
}

const parametersOf = (member: string): string[] =>
  member
    .split(';')
    .slice(1)
    .map((parameter) => parameter.trim())
