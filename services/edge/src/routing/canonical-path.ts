/** The path as every next hop will read it (RFC 3986 §6.2.2), so that no spelling slips past a rule that is made for a path. */

/** Nothing in it could be read in another way. */
const isPlain = (path: string): boolean =>
  !path.includes('%') && !path.includes('/.') && !path.includes('//') && !path.includes(';')

/** Servers of some makes take `/a;x=1/b` for `/a/b`. */
export const withoutParameters = (path: string): string => (path.includes(';') ? path.replaceAll(/;[^/]*/g, '') : path)

/** Where not all of it is UTF-8, the ASCII of it at least: others decode octet by octet. */
export const unescaped = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path.replaceAll(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  }
}

const pathOf = (target: string): string => {
  const query = target.indexOf('?')
  return query === -1 ? target : target.slice(0, query)
}

/** Escapes undone, path parameters (RFC 3986 §3.3) left out, slashes merged, dots resolved. */
export const canonicalPath = (target: string): string => {
  // The server as a whole (RFC 9110 §7.1): whatever takes everything takes that.
  if (target === '*') return '/'
  const path = pathOf(target)
  if (isPlain(path)) return path
  const segments: string[] = []
  const decoded = withoutParameters(unescaped(path))
  for (const segment of decoded.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '.' && segment !== '') segments.push(segment)
  }
  const isFolder = /\/\.{0,2}$/.test(decoded)
  return `/${segments.join('/')}${isFolder && segments.length > 0 ? '/' : ''}`
}
