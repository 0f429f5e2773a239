/** The `Server-Timing` field (W3C Server Timing §4): how each tier tells the client where the time went. */

export interface ServerTiming {
  /** A token: `edge`, `web`, `app`, `cache`, `db`. */
  readonly name: string
  readonly durationMs?: number
  /** For a tier its instance, for the cache `hit` or `miss`, for the database the node. */
  readonly description?: string
  /** Which layer of the tier answered; a parameter of our own, which other readers ignore. */
  readonly by?: string
}

const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`

/** One metric as field text, durations in milliseconds with microsecond precision. */
export const formatServerTiming = ({ name, durationMs, description, by }: ServerTiming): string =>
  [
    name,
    ...(durationMs === undefined ? [] : [`dur=${Math.round(durationMs * 1000) / 1000}`]),
    ...(description === undefined ? [] : [`desc=${quote(description)}`]),
    ...(by === undefined ? [] : [`by=${quote(by)}`]),
  ].join(';')

const metric =
  /^\s*([!#$%&'*+.^_`|~\w-]+)((?:\s*;\s*[!#$%&'*+.^_`|~\w-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s,;"]*))?)*)\s*$/
const parameter = /;\s*([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,;"]*))?/g
const unquote = (text: string): string => (text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text)

/** Every well-formed metric of a field value, in order; malformed ones are skipped (§4, "parse a server-timing header field"). */
export const parseServerTiming = (value: string | undefined): ServerTiming[] => {
  const metrics: ServerTiming[] = []
  // Commas inside quoted strings do not separate; one that never ends takes the rest with it.
  for (const part of (value ?? '').match(/(?:"(?:[^"\\]|\\.)*(?:"|$)|[^,"])+/g) ?? []) {
    const match = metric.exec(part)
    if (match?.[1] === undefined) continue
    const parameters = new Map<string, string>()
    for (const [, key = '', text = ''] of (match[2] ?? '').matchAll(parameter)) {
      if (!parameters.has(key.toLowerCase())) parameters.set(key.toLowerCase(), unquote(text))
    }
    const dur = Number.parseFloat(parameters.get('dur') ?? '')
    const desc = parameters.get('desc')
    const by = parameters.get('by')
    metrics.push({
      name: match[1],
      ...(Number.isFinite(dur) && { durationMs: dur }),
      ...(desc !== undefined && { description: desc }),
      ...(by !== undefined && { by }),
    })
  }
  return metrics
}
