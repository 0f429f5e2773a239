/** How long others may keep a response (RFC 9111 §5.2): one choice per kind of route, all on this page. */

/** Lists, products and pages: browsers ask again each time, shared caches answer for two seconds. */
export const sharedBriefly = 'public, max-age=0, s-maxage=2'

/** What changes only with a release. */
export const sharedForMinutes = 'public, max-age=300'

/** What concerns one customer. */
export const privateToClient = 'private, no-store'

/** Answers to writes, redirects, health. */
export const notStored = 'no-store'
