/** HTTP-date (RFC 9110 §5.6.7): one form to write, three to read, always in GMT. */

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const month = '(?<month>[A-Z][a-z]{2})'
const time = String.raw`(?<hour>\d{2}):(?<minute>\d{2}):(?<second>\d{2})`

const forms = [
  // IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(String.raw`^[A-Z][a-z]{2}, (?<day>\d{2}) ${month} (?<year>\d{4}) ${time} GMT$`),
  // RFC 850: Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(String.raw`^[A-Z][a-z]{5,8}, (?<day>\d{2})-${month}-(?<year>\d{2}) ${time} GMT$`),
  // asctime: Sun Nov  6 08:49:37 1994; GMT although it does not say so, where Date.parse would take local time
  new RegExp(String.raw`^[A-Z][a-z]{2} ${month} (?<day>[ \d]\d) ${time} (?<year>\d{4})$`),
]

/** A two-digit year that seems more than 50 years ahead is the one of the past with those digits. */
const fullYear = (digits: string, now: Date): number => {
  if (digits.length === 4) return Number(digits)
  const thisYear = now.getUTCFullYear()
  const year = thisYear - (thisYear % 100) + Number(digits)
  return year > thisYear + 50 ? year - 100 : year
}

/** Milliseconds since 1970, or undefined when the text is not an HTTP-date. */
export const parseHttpDate = (value: string | undefined, now: Date = new Date()): number | undefined => {
  if (value === undefined) return undefined
  for (const form of forms) {
    const parts = form.exec(value)?.groups
    if (parts === undefined) continue
    const part = (name: string): number => Number(parts[name])
    const monthIndex = months.indexOf(parts['month'] ?? '')
    const day = part('day')
    const at = new Date(0)
    at.setUTCFullYear(fullYear(parts['year'] ?? '', now), monthIndex, day)
    at.setUTCHours(part('hour'), part('minute'), part('second'))
    // Date rolls 31 February over into March; a date that is none says nothing.
    return monthIndex === -1 || at.getUTCDate() !== day ? undefined : at.getTime()
  }
  return undefined
}

/** IMF-fixdate; what is finer than a second is cut off, as HTTP has no grain for it. */
export const formatHttpDate = (date: Date): string => date.toUTCString()
