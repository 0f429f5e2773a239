/** From a request target to a path below the site's folder; policy before any file is looked at. */
import { RoundtripError } from '@roundtrip/errors'

/** Readers disagree about what these name, so no later tier is asked either (CWE-22). */
const isDotSegment = (segment: string): boolean => segment === '.' || segment === '..'
const isWellKnown = (segment: string, position: number): boolean => position === 0 && segment === '.well-known'
/** Editors, version control and deployments keep things in dotfiles that are nobody's business. */
const isHidden = (segment: string, position: number): boolean =>
  segment.startsWith('.') && !isWellKnown(segment, position)
/** A separator that was encoded is part of a name for the application, and never one of a file. */
const hasSeparator = (segment: string): boolean => segment.includes('/') || segment.includes('\\')

const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new RoundtripError('BAD_REQUEST', 'The path is not valid percent-encoded UTF-8.')
  }
}

/**
 * The path of the file a target might name: relative, decoded, with a slash at the end when it names a folder;
 * undefined when it can be no file of the site.
 *
 * @throws RoundtripError `BAD_REQUEST` for dot segments, NUL, and broken percent-encoding
 */
export const sitePathOf = (target: string): string | undefined => {
  const path = target.split('?', 1)[0] ?? ''
  const segments = path.split('/').slice(1).map(decode)
  if (segments.some((segment) => isDotSegment(segment) || segment.includes('\0'))) {
    throw new RoundtripError('BAD_REQUEST', 'The path holds a segment that is not allowed.')
  }
  const names = segments.at(-1) === '' ? segments.slice(0, -1) : segments
  if (names.some((name, position) => name === '' || isHidden(name, position) || hasSeparator(name))) return undefined
  return segments.join('/')
}
