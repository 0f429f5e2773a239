/** Which of several certificates answers for a server name (RFC 6066 §3, wildcards as in RFC 9525 §6.3). */

export interface Named<T> {
  readonly names: readonly string[]
  readonly value: T
}

/** Exact names come before wildcards, and among equals the first listed. A wildcard stands for one whole label. */
export const chooseByName = <T>(all: readonly Named<T>[]): ((serverName: string) => T | undefined) => {
  const exact = new Map<string, T>()
  const wildcard = new Map<string, T>()
  for (const { names, value } of all) {
    for (const name of names) {
      const isWildcard = name.startsWith('*.')
      const [map, key] = isWildcard ? [wildcard, name.slice(2)] : [exact, name]
      if (!map.has(key)) map.set(key, value)
    }
  }
  return (serverName) => {
    const name = canonical(serverName)
    return exact.get(name) ?? wildcard.get(parentOf(name))
  }
}

const canonical = (name: string): string => {
  const lower = name.toLowerCase()
  return lower.endsWith('.') ? lower.slice(0, -1) : lower
}

const parentOf = (name: string): string => {
  const dot = name.indexOf('.')
  // An empty first label is no label that a wildcard could stand for.
  return dot > 0 ? name.slice(dot + 1) : ''
}
