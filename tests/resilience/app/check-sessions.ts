/** Of sessions: none reads what is older than its own writes, or than what it has read (Terry et al., Session Guarantees, 1994). */
import type { Anomaly, AnomalyKind } from './anomaly.ts'
import type { Change, History, Operation, OrderReading, Ordering, ProductReading } from './history.ts'

/** The version that a session must at least see, and who has shown it. */
interface Floor {
  readonly version: number
  readonly by: Operation
}

/** In which version a text was written: the one after that which the change was for. */
type VersionOfText = (productId: number, text: string) => number | undefined

const versionsOf = ({ before, operations }: History): VersionOfText => {
  const changes = operations.filter((one) => one.kind === 'change')
  const changed = new Set(changes.map(({ productId }) => productId))
  // What is only bought keeps its text through all of its versions: there it tells none of them.
  const first = before.filter(({ id }) => changed.has(id))
  const versions = new Map(first.map(({ id, version, text }) => [`${id} ${text}`, version]))
  for (const { productId, text, base } of changes) versions.set(`${productId} ${text}`, base + 1)
  return (productId, text) => versions.get(`${productId} ${text}`)
}

const raise = (floors: Map<number, Floor>, productId: number, version: number, by: Operation): void => {
  if (version > (floors.get(productId)?.version ?? 0)) floors.set(productId, { version, by })
}

/** How long a session is bound to what it has read, after an acknowledged write: then it is served from caches as all are. */
const boundMs = 60_000

class Session {
  #lastWriteMs = -Infinity
  readonly anomalies: Anomaly[] = []
  /** By what it wrote, and by what it read: the first is promised whatever happens. */
  readonly #written = new Map<number, Floor>()
  readonly #read = new Map<number, Floor>()
  /** By key and product: what had to be seen already when the order was first asked for. */
  readonly #before = new Map<string, number>()
  readonly #placed = new Map<string, Ordering>()
  readonly #versionOf: VersionOfText
  readonly #initial: ReadonlyMap<number, number>

  constructor(versionOf: VersionOfText, initial: ReadonlyMap<number, number>) {
    this.#versionOf = versionOf
    this.#initial = initial
  }

  /** In the order of asking: each begins when the one before is over. */
  take(operation: Operation): void {
    if (operation.kind === 'order') this.#takeOrdering(operation)
    else if (operation.outcome !== 'ok') return
    else if (operation.kind === 'change') this.#takeChange(operation)
    else if (operation.kind === 'read product') this.#takeProduct(operation)
    else if (operation.kind === 'read order') this.#takeOrder(operation)
  }

  #floorOf(productId: number): number {
    const versions = [this.#written, this.#read].map((floors) => floors.get(productId)?.version ?? 0)
    return Math.max(...versions, this.#initial.get(productId) ?? 0)
  }

  /** An order raises the version of what it takes: beyond all that was committed before it was first asked for. */
  #takeOrdering(ordering: Ordering): void {
    const { key, lines, outcome, orderId } = ordering
    for (const productId of new Set(lines.map((line) => line.productId))) {
      const name = `${key} ${productId}`
      if (!this.#before.has(name)) this.#before.set(name, this.#floorOf(productId))
      if (outcome === 'ok') raise(this.#written, productId, (this.#before.get(name) ?? 0) + 1, ordering)
    }
    if (outcome === 'ok') this.#lastWriteMs = ordering.askedMs
    if (outcome === 'ok' && orderId !== undefined) this.#placed.set(orderId, ordering)
  }

  #takeChange(change: Change): void {
    this.#lastWriteMs = change.askedMs
    raise(this.#written, change.productId, change.base + 1, change)
  }

  #takeProduct(reading: ProductReading): void {
    const { productId, seen } = reading
    const version = seen?.version ?? (seen?.text === undefined ? undefined : this.#versionOf(productId, seen.text))
    if (version === undefined) return
    const written = this.#written.get(productId)
    const read = this.#read.get(productId)
    if (written !== undefined && version < written.version) this.#add('before own write', written, reading, version)
    else if (read !== undefined && version < read.version && this.#isBound(reading))
      this.#add('before own read', read, reading, version)
    raise(this.#read, productId, version, reading)
  }

  #isBound({ answeredMs }: ProductReading): boolean {
    return answeredMs - this.#lastWriteMs < boundMs
  }

  #add(kind: AnomalyKind, floor: Floor, reading: ProductReading, version: number): void {
    const { session, productId } = reading
    const did = kind === 'before own write' ? 'had written' : 'had read'
    this.anomalies.push({
      kind,
      sentence: `${session} ${did} version ${floor.version} of ${productId}, and then read ${version}`,
      shownBy: [floor.by, reading],
    })
  }

  #takeOrder(reading: OrderReading): void {
    const ordering = this.#placed.get(reading.orderId)
    if (reading.isFound === true || ordering === undefined) return
    this.anomalies.push({
      kind: 'before own write',
      sentence: `${reading.session} did not find its own order ${reading.orderId}`,
      shownBy: [ordering, reading],
    })
  }
}

export const checkSessions = (history: History): Anomaly[] => {
  const versionOf = versionsOf(history)
  const initial = new Map(history.before.map(({ id, version }) => [id, version]))
  const sessions = new Map<string, Session>()
  for (const operation of history.operations) {
    if (operation.session === undefined) continue
    let session = sessions.get(operation.session)
    if (session === undefined) sessions.set(operation.session, (session = new Session(versionOf, initial)))
    session.take(operation)
  }
  return [...sessions.values()].flatMap(({ anomalies }) => anomalies)
}
