/** Does a client ask for a page rather than data (RFC 9110 §12.5.1)? Browsers name text/html, programs seldom do. */

const weightOf = (accept: string, mediaType: string): number => {
  for (const range of accept.split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    if (type !== mediaType) continue
    const q = parameters.find((parameter) => parameter.startsWith('q='))
    return q === undefined ? 1 : Number(q.slice(2)) || 0
  }
  return 0
}

export const prefersHtml = (accept: string | undefined): boolean => {
  if (accept === undefined) return false
  const html = weightOf(accept, 'text/html')
  return html > Math.max(weightOf(accept, 'application/json'), weightOf(accept, 'application/problem+json'))
}
