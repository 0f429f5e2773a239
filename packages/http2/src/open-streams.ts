/** The open streams of a connection by their numbers. */
import { removeAt } from '@roundtrip/http'
import type { ServerStream } from './server-stream.ts'

/**
 * In order of number, which is the order in which clients open them (RFC 9113 §5.1.1). A Map would be copied every few
 * requests, as each adds to it and deletes from it, and V8 lets each copy know the next: as soon as one of them has become
 * old, all later ones outlive every collection of the young, until a full collection stops everybody.
 */
export class OpenStreams implements Iterable<ServerStream> {
  readonly #streams: ServerStream[] = []

  get size(): number {
    return this.#streams.length
  }

  get(id: number): ServerStream | undefined {
    const stream = this.#streams[this.#placeOf(id)]
    return stream?.id === id ? stream : undefined
  }

  /** @param stream whose number is higher than those of all before it */
  add(stream: ServerStream): void {
    this.#streams.push(stream)
  }

  /** @returns whether it was open */
  delete({ id }: ServerStream): boolean {
    const streams = this.#streams
    const place = this.#placeOf(id)
    if (streams[place]?.id !== id) return false
    removeAt(streams, place)
    return true
  }

  /** Of those that are open now: each may be deleted meanwhile. */
  [Symbol.iterator](): IterableIterator<ServerStream> {
    return [...this.#streams].values()
  }

  /** Where the stream of that number is, or would be. */
  #placeOf(id: number): number {
    const streams = this.#streams
    let low = 0
    let high = streams.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((streams[middle] as ServerStream).id < id) low = middle + 1
      else high = middle
    }
    return low
  }
}
