/** Reads Prometheus' text exposition format (0.0.4) as strictly as a scraper would, for tests. */

export interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly type: string
  readonly help: string
  readonly series: Series[]
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const label = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y

const labelsOf = (text: string): Record<string, string> => {
  const labels: Record<string, string> = {}
  label.lastIndex = 0
  while (label.lastIndex < text.length) {
    const [, name = '', value = ''] = label.exec(text) ?? []
    if (name === '' || name in labels) throw new Error(`labels: ${text}`)
    labels[name] = value
  }
  return labels
}

const numberOf = (text: string): number => {
  const value = text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)
  if (Number.isNaN(value)) throw new Error(`no number: ${text}`)
  return value
}

const baseOf = (name: string): string => name.replace(/_(?:bucket|sum|count)$/, '')

/** @throws Error for a line that does not belong where it stands, and for a series that is there twice */
export const readExposition = (text: string): Map<string, Family> => {
  const families = new Map<string, Family>()
  const seen = new Set<string>()
  let current = ''
  let help = ''
  for (const row of text.split('\n').slice(0, -1)) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(row) ?? []
    if (kind === 'HELP') help = rest
    else if (kind === 'TYPE') {
      if (families.has(name)) throw new Error(`${name} is there twice`)
      families.set(name, { type: rest, help, series: [] })
      current = name
    } else {
      const [, series = '', labels = '', value = ''] = line.exec(row) ?? []
      const family = families.get(current)
      const owner = family?.type === 'histogram' ? baseOf(series) : series
      const key = `${series}{${labels}}`
      if (family === undefined || owner !== current || seen.has(key)) throw new Error(`out of place: ${row}`)
      seen.add(key)
      family.series.push({ name: series, labels: labelsOf(labels), value: numberOf(value) })
    }
  }
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  return families
}
