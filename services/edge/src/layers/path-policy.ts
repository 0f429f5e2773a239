/** Request paths that two readers could take for different resources (RFC 3986 §5.2.4, §6.2.2): refused, never rewritten. */

/** What the next hops may be trusted to read as we do. */
export interface PathPolicy {
  /** `/a/../b`, however encoded. `within-root` passes those that stay below `/`. */
  readonly dotSegments: 'refuse' | 'within-root'
  /** A backslash, bare or as `%5C`: browsers and some servers take it for a slash. */
  readonly backslashes: 'refuse' | 'allow'
  /** `%2F`: one segment to some, two to others. */
  readonly encodedSlashes: 'refuse' | 'allow'
  /** `//`: merged by some. */
  readonly emptySegments: 'refuse' | 'allow'
}

/** The target without its query, which is nobody's business here. */
export const pathOf = (target: string): string => {
  const query = target.indexOf('?')
  return query === -1 ? target : target.slice(0, query)
}

/** Whether every reader takes the path for the same: nothing of the below can be in it, and parsing it would only cost. */
export const isUnambiguous = (path: string): boolean =>
  !path.includes('%') && !path.includes('/.') && !path.includes('//') && !path.includes('\\')

const isControl = /%(?:[01][0-9a-f]|7f)/i
const isEncodedSlash = /%2f/i
const isBackslash = /\\|%5c/i

/** As the most lenient reader splits: path parameters (`..;x`, RFC 3986 §3.3) hide nothing either. */
const separators = /\/|\\|%2f|%5c/i
const dotSegment = /^(?:\.|%2e){1,2}(?:;.*)?$/i
const parentSegment = /^(?:\.|%2e){2}(?:;.*)?$/i

const leavesRoot = (segments: readonly string[]): boolean => {
  let depth = 0
  for (const segment of segments) {
    if (parentSegment.test(segment)) depth--
    else if (segment !== '' && !dotSegment.test(segment)) depth++
    if (depth < 0) return true
  }
  return false
}

const objectionToDots = (path: string, policy: PathPolicy['dotSegments']): string | undefined => {
  const segments = path.split(separators)
  if (!segments.some((segment) => dotSegment.test(segment))) return undefined
  if (policy === 'refuse') return 'The path holds a dot segment; send the path that it stands for.'
  return leavesRoot(segments) ? 'The path leads out of the root.' : undefined
}

/** Why a path is refused, or undefined. */
export const objectionTo = (path: string, policy: PathPolicy): string | undefined => {
  if (isUnambiguous(path)) return undefined
  if (isControl.test(path)) return 'The path holds an encoded control character.'
  if (policy.backslashes === 'refuse' && isBackslash.test(path)) return 'The path holds a backslash.'
  if (policy.encodedSlashes === 'refuse' && isEncodedSlash.test(path)) return 'The path holds an encoded slash.'
  if (policy.emptySegments === 'refuse' && path.includes('//')) return 'The path holds an empty segment.'
  return objectionToDots(path, policy.dotSegments)
}
