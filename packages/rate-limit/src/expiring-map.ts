/** Moments by key, bounded in number, swept by those who add: a key whose moment has passed is as good as absent. */

/** Looked at for each key added: more than one, so that the map shrinks when traffic does. */
const sweptPerInsert = 2

/** Looked at when the map is full; the one whose moment is nearest has to go. */
const sampledWhenFull = 16

export class ExpiringMap {
  readonly #moments = new Map<string, number>()
  readonly #maxKeys: number
  #hand: MapIterator<[string, number]> = this.#moments.entries()

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys
  }

  get size(): number {
    return this.#moments.size
  }

  /** Milliseconds on the caller's clock. */
  get(key: string): number | undefined {
    return this.#moments.get(key)
  }

  set(key: string, momentMs: number, nowMs: number): void {
    const size = this.#moments.size
    this.#moments.set(key, momentMs)
    if (this.#moments.size === size) return
    if (size >= this.#maxKeys) this.#evict(key, nowMs)
    else for (let i = 0; i < sweptPerInsert; i++) this.#sweepNext(nowMs)
  }

  #next(): [string, number] | undefined {
    const { value, done } = this.#hand.next()
    if (done !== true) return value
    this.#hand = this.#moments.entries()
    return undefined
  }

  #sweepNext(nowMs: number): void {
    const entry = this.#next()
    if (entry !== undefined && entry[1] <= nowMs) this.#moments.delete(entry[0])
  }

  /** Never the newcomer, or a flood of new keys would keep nobody's count. */
  #evict(newcomer: string, nowMs: number): void {
    let nearest: string | undefined
    let nearestMs = Infinity
    for (let i = 0; i < sampledWhenFull && nearestMs > nowMs; i++) {
      const entry = this.#next()
      if (entry === undefined || entry[0] === newcomer || entry[1] >= nearestMs) continue
      ;[nearest, nearestMs] = entry
    }
    if (nearest === undefined) nearest = this.#moments.keys().next().value
    if (nearest !== undefined) this.#moments.delete(nearest)
  }
}
