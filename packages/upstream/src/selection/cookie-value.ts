/** One cookie of a request by its name (RFC 6265 §4.2.1). */
import type { Fields } from '@roundtrip/http'

/** The first of that name, since the most specific comes first (§5.4). */
export const cookieValue = (fields: Fields, name: string): string | undefined => {
  const { flat } = fields
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i] !== 'cookie') continue
    const value = valueIn(flat[i + 1] ?? '', name)
    if (value !== undefined) return value
  }
  return undefined
}

const valueIn = (cookies: string, name: string): string | undefined => {
  for (let from = 0; from < cookies.length;) {
    const semicolon = cookies.indexOf(';', from)
    const end = semicolon === -1 ? cookies.length : semicolon
    while (cookies.charCodeAt(from) === 0x20) from++
    if (cookies.startsWith(name, from) && cookies.charCodeAt(from + name.length) === 0x3d)
      return cookies.slice(from + name.length + 1, end)
    from = end + 1
  }
  return undefined
}
