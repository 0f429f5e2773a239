/**
 * S3-FIFO (Yang et al., SOSP 2023): three first-in-first-out queues instead of one ordered by last use.
 * What is seen once leaves through the small queue without displacing what is seen again; a hit only counts.
 */

/** A place in the queues, kept in the stored object itself so that a hit follows no pointers. */
export interface EvictionNode<Owner> {
  /** 0 when it is in none. */
  queue: 0 | 1 | 2
  frequency: number
  sizeBytes: number
  previous: EvictionNode<Owner> | undefined
  next: EvictionNode<Owner> | undefined
  readonly owner: Owner
}

/** A node that is in no queue yet. */
export const evictionNode = <Owner>(owner: Owner, sizeBytes: number): EvictionNode<Owner> => ({
  queue: 0,
  frequency: 0,
  sizeBytes,
  previous: undefined,
  next: undefined,
  owner,
})

interface Named {
  readonly key: string
}

/** A queue as a doubly linked list through its nodes: leaving from the middle (purge) costs no search. */
class Queue<Owner> {
  readonly #id: 1 | 2
  #first: EvictionNode<Owner> | undefined
  #last: EvictionNode<Owner> | undefined
  bytes = 0

  constructor(id: 1 | 2) {
    this.#id = id
  }

  push(node: EvictionNode<Owner>): void {
    node.queue = this.#id
    node.previous = this.#last
    node.next = undefined
    if (this.#last === undefined) this.#first = node
    else this.#last.next = node
    this.#last = node
    this.bytes += node.sizeBytes
  }

  remove(node: EvictionNode<Owner>): void {
    if (node.previous === undefined) this.#first = node.next
    else node.previous.next = node.next
    if (node.next === undefined) this.#last = node.previous
    else node.next.previous = node.previous
    node.previous = node.next = undefined
    node.queue = 0
    this.bytes -= node.sizeBytes
  }

  get oldest(): EvictionNode<Owner> | undefined {
    return this.#first
  }
}

/** Names of what left the small queue lately: when one comes back it goes straight to the main queue. */
class Ghosts {
  readonly #names = new Map<string, number>()
  #bytes = 0

  remember(name: string, sizeBytes: number, mostBytes: number): void {
    this.forget(name)
    this.#names.set(name, sizeBytes)
    this.#bytes += sizeBytes
    for (const [oldest] of this.#names) {
      if (this.#bytes <= mostBytes) return
      this.forget(oldest)
    }
  }

  forget(name: string): boolean {
    const sizeBytes = this.#names.get(name)
    if (sizeBytes === undefined) return false
    this.#bytes -= sizeBytes
    return this.#names.delete(name)
  }
}

/** The authors' choice; hit ratios hardly change between 5 % and 20 %. */
const smallShare = 0.1
const mostFrequent = 3

export class S3Fifo<Owner extends Named> {
  /** May change; what is too much then goes at the next `add`, `resize` or `trim`. */
  maxBytes: number
  readonly #evict: (node: EvictionNode<Owner>) => void
  readonly #small = new Queue<Owner>(1)
  readonly #main = new Queue<Owner>(2)
  readonly #ghosts = new Ghosts()

  /** @param evict told of each node that has to go; it is in no queue any more */
  constructor(maxBytes: number, evict: (node: EvictionNode<Owner>) => void) {
    this.maxBytes = maxBytes
    this.#evict = evict
  }

  get bytes(): number {
    return this.#small.bytes + this.#main.bytes
  }

  /** Makes room, then takes it in. The node must fit: at most `maxBytes`. */
  add(node: EvictionNode<Owner>): void {
    while (this.bytes + node.sizeBytes > this.maxBytes) this.#evictOne()
    node.frequency = 0
    if (this.#ghosts.forget(node.owner.key)) this.#main.push(node)
    else this.#small.push(node)
  }

  /** A hit. */
  touch(node: EvictionNode<Owner>): void {
    if (node.frequency < mostFrequent) node.frequency++
  }

  remove(node: EvictionNode<Owner>): void {
    if (node.queue === 1) this.#small.remove(node)
    else if (node.queue === 2) this.#main.remove(node)
  }

  /** A node that has grown or shrunk, e.g. by a part that came to a partial response. */
  resize(node: EvictionNode<Owner>, sizeBytes: number): void {
    const queue = node.queue === 1 ? this.#small : this.#main
    queue.bytes += sizeBytes - node.sizeBytes
    node.sizeBytes = sizeBytes
    this.trim()
  }

  trim(): void {
    while (this.bytes > this.maxBytes) this.#evictOne()
  }

  #evictOne(): void {
    if (this.#small.bytes > this.maxBytes * smallShare || this.#main.oldest === undefined) this.#evictFromSmall()
    else this.#evictFromMain()
  }

  #evictFromSmall(): void {
    for (let node = this.#small.oldest; node !== undefined; node = this.#small.oldest) {
      this.#small.remove(node)
      if (node.frequency > 1) {
        node.frequency = 0
        this.#main.push(node)
        continue
      }
      this.#ghosts.remember(node.owner.key, node.sizeBytes, this.maxBytes)
      this.#evict(node)
      return
    }
  }

  #evictFromMain(): void {
    for (let node = this.#main.oldest; node !== undefined; node = this.#main.oldest) {
      this.#main.remove(node)
      if (node.frequency > 0) {
        node.frequency--
        this.#main.push(node)
        continue
      }
      this.#evict(node)
      return
    }
  }
}
