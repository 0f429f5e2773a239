/** Of products: every acknowledged change has its place in one chain of versions, and each version is one content. */
import type { Anomaly } from './anomaly.ts'
import type { Change, History, Operation, ProductReading, ProductState, Seen } from './history.ts'

type Product = ProductState & {
  readonly was: ProductState
  readonly changes: readonly Change[]
  readonly readings: readonly ProductReading[]
}

const productsOf = ({ operations, before, after }: History): Product[] => {
  const changes = Map.groupBy(
    operations.filter((one) => one.kind === 'change'),
    ({ productId }) => productId,
  )
  const readings = Map.groupBy(
    operations.filter((one) => one.kind === 'read product' && one.outcome === 'ok') as ProductReading[],
    ({ productId }) => productId,
  )
  return before.flatMap((was) => {
    const is = after.products.find(({ id }) => id === was.id)
    return is === undefined
      ? []
      : [{ ...is, was, changes: changes.get(was.id) ?? [], readings: readings.get(was.id) ?? [] }]
  })
}

/** Two acknowledged changes of one version: one of them has overwritten what it had not seen. */
const checkUpdates = ({ changes }: Product): Anomaly[] => {
  const acknowledged = Map.groupBy(
    changes.filter(({ outcome }) => outcome === 'ok'),
    ({ base }) => base,
  )
  return [...acknowledged.values()]
    .filter(({ length }) => length > 1)
    .map((shownBy) => ({ kind: 'lost update', sentence: `${shownBy.length} changes of one version`, shownBy }))
}

const checkMissing = ({ id, version, text, was, changes }: Product): Anomaly[] => {
  if (changes.length === 0) return []
  const acknowledged = changes.filter(({ outcome }) => outcome === 'ok')
  const possible = changes.filter(({ outcome }) => outcome !== 'failed').length
  const missing = acknowledged.filter(
    ({ base, text: given }) => base + 1 > version || (base + 1 === version && given !== text),
  )
  const steps = version - was.version
  const found: Anomaly[] = missing.map((change) => ({
    kind: 'missing',
    sentence: `${id} is at version ${version}, "${text}", which this change is no part of`,
    shownBy: [change],
  }))
  if (steps < new Set(acknowledged.map(({ base }) => base)).size || steps > possible) {
    const sentence = `${id} went through ${steps} versions by ${acknowledged.length} to ${possible} changes`
    found.push({ kind: steps > possible ? 'not asked for' : 'missing', sentence, shownBy: [] })
  }
  return found
}

/** Texts come of the beginning, or of changes that may have happened, each in the one version that it makes. */
const checkTexts = ({ was, version, text, changes, readings }: Product): Anomaly[] => {
  const byText = new Map(changes.map((change) => [change.text, change]))
  const isPossible = (seen: Seen): boolean => {
    if (seen.text === undefined) return true
    if (seen.text === was.text) return changes.length === 0 || (seen.version ?? was.version) === was.version
    const change = byText.get(seen.text)
    return change !== undefined && change.outcome !== 'failed' && (seen.version ?? change.base + 1) === change.base + 1
  }
  const found: Anomaly[] = readings
    .filter(({ seen }) => seen !== undefined && !isPossible(seen))
    .map((one) => {
      const change = byText.get(one.seen?.text ?? '')
      return {
        kind: change?.outcome === 'failed' ? 'not asked for' : 'wrong content',
        sentence: `nobody wrote that into that version`,
        shownBy: change === undefined ? [one] : [change, one],
      }
    })
  if (!isPossible({ version, text })) {
    const change = byText.get(text)
    found.push({
      kind: change?.outcome === 'failed' ? 'not asked for' : 'wrong content',
      sentence: `afterwards ${was.id} is at ${version}, "${text}"`,
      shownBy: change === undefined ? [] : [change],
    })
  }
  return found
}

const isOther = <T>(one: T | undefined, other: T | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other

/** One version is one content, whoever reads it and when; none is above the last one. */
const checkVersions = ({ id, version, stock, text, was, readings }: Product): Anomaly[] => {
  const known = new Map<number, { seen: Seen; by: Operation | undefined }>([
    [was.version, { seen: was, by: undefined }],
    [version, { seen: { version, stock, text }, by: undefined }],
  ])
  return readings.flatMap((one): Anomaly[] => {
    const { seen } = one
    if (seen?.version === undefined) return []
    if (seen.version > version) {
      const sentence = `${id} is at version ${version} afterwards, so what was read is gone`
      return [{ kind: 'missing', sentence, shownBy: [one] }]
    }
    const first = known.get(seen.version)
    if (first === undefined) known.set(seen.version, { seen, by: one })
    else if (isOther(first.seen.stock, seen.stock) || isOther(first.seen.text, seen.text)) {
      const shownBy = first.by === undefined ? [one] : [first.by, one]
      return [{ kind: 'wrong content', sentence: `version ${seen.version} of ${id} is two contents`, shownBy }]
    }
    return []
  })
}

/** What is only bought gets fewer with each version, by one piece at least; what is only changed stays as many. */
const checkPieces = ({ id, version, stock, was, changes, readings }: Product): Anomaly[] => {
  const isPossible = ({ seen }: ProductReading): boolean => {
    if (seen?.version === undefined || seen.stock === undefined) return true
    if (changes.length > 0) return seen.stock === was.stock
    const gone = was.stock - seen.stock
    const left = seen.stock - stock
    return gone >= seen.version - was.version && left >= version - seen.version
  }
  const sentence = `of ${id} there never were that many at that version`
  return readings.filter((one) => !isPossible(one)).map((one) => ({ kind: 'wrong content', sentence, shownBy: [one] }))
}

export const checkProducts = (history: History): Anomaly[] =>
  productsOf(history).flatMap((product) => [
    ...checkUpdates(product),
    ...checkMissing(product),
    ...checkTexts(product),
    ...checkVersions(product),
    ...checkPieces(product),
  ])
