/** The path as every next hop will read it (RFC 3986 §6.2.2), so that no spelling slips past a rule that is made for a path. */

/** Nothing in it could be read in another way. */
const isPlain = (path: string): boolean => !path.includes('%') && !path.includes('/.') && !path.includes('//')

const pathOf = (target: string): string => {
  const query = target.indexOf('?')
  return query === -1 ? target : target.slice(0, query)
}

/** Escapes undone, slashes merged, dots resolved. What cannot be decoded is left as it is: it is nobody's path. */
export const canonicalPath = (target: string): string => {
  // The server as a whole (RFC 9110 §7.1): whatever takes everything takes that.
  if (target === '*') return '/'
  const path = pathOf(target)
  if (isPlain(path)) return path
  const segments: string[] = []
  const decoded = decode(path)
  for (const segment of decoded.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '.' && segment !== '') segments.push(segment)
  }
  const isFolder = /\/\.{0,2}$/.test(decoded)
  return `/${segments.join('/')}${isFolder && segments.length > 0 ? '/' : ''}`
}

const decode = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
