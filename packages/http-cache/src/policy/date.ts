/** HTTP dates as a cache reads them: in whatever case (RFC 9111 §4.2), never in a local time zone. */
import { parseHttpDate } from '@roundtrip/http'

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()

/** Milliseconds since 1970; undefined when the text is absent or no HTTP-date. */
export const readDate = (text: string | undefined, nowMs: number): number | undefined => {
  if (text === undefined) return undefined
  const now = new Date(nowMs)
  return parseHttpDate(text, now) ?? parseHttpDate(properCase(text), now)
}

const properCase = (text: string): string => text.replaceAll(/[a-z]+/gi, capitalised).replace(/Gmt$/, 'GMT')
