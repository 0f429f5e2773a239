/** Connection strings (PostgreSQL §32.1.1.2) and the password that is kept apart from them. */

/** The URL with its password put in. Given beside it, pg would let the URL's missing password win. */
export const withPassword = (url: string, password: string | undefined): string => {
  if (password === undefined) return url
  const complete = new URL(url)
  complete.password = encodeURIComponent(password)
  return complete.href
}
