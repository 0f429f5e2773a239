/** How long a file may be kept (RFC 9111 §5.2): for ever when its name changes with its content, else only checked. */

/**
 * A content hash before the extension, in hexadecimal: `app.3f2a9c1b.js`. Eight digits alone may be a date, and eight
 * letters of other alphabets a word, so such names are only checked.
 */
const hashedName = /[.-](?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{8,}\.[a-z0-9]+$/

export const cacheControlOf = (path: string): string =>
  hashedName.test(path) ? 'public, max-age=31536000, immutable' : 'public, max-age=0, must-revalidate'
