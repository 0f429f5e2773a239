/** One response body read once and handed to several readers, each from its beginning, while it is still arriving. */
import { Readable } from 'node:stream'
import { RoundtripError } from '@roundtrip/errors'
import type { Recordings } from '../store/recordings.ts'

export interface SharedBodyOptions {
  /** Octets that may be kept; a longer body only streams on, as fast as the slowest of its readers. */
  readonly maxBytes: number
  /** What Content-Length announced; any other length is a broken body. */
  readonly announcedBytes: number | undefined
  /** Where all that is kept for readers counts; without room there the body is treated as too long. */
  readonly room: Recordings
  /** Milliseconds. */
  readonly clock: () => number
}

/** Who comes while nothing arrives for longer waits for no others: a next hop that stands still would hold up all who want the same. */
const standstillMs = 1000

/**
 * - `whole`: all of it is here
 * - `too-large`, `room`: it streams on, unkept, for it is too long or too much else is kept
 * - `broken`: it ended before its time
 */
export type BodyFate =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' | 'room' | 'broken' }

/** Most that a reader is given at once of what is whole. */
const pieceBytes = 65_536

export class SharedBody {
  /** Resolves once; never rejects. */
  readonly fate: Promise<BodyFate>
  readonly #settle: (fate: BodyFate) => void
  readonly #source: Readable
  readonly #options: SharedBodyOptions
  readonly #readers = new Set<BodyReader>()
  /** What some reader may still want while it is not whole; the first of them is number `#dropped`. */
  readonly #chunks: Uint8Array[] = []
  #dropped = 0
  #receivedBytes = 0
  #reservedBytes = 0
  #isKept = true
  /** All of it, in place of the chunks. */
  #whole: Uint8Array | undefined
  #state: 'arriving' | 'ended' | 'broken' = 'arriving'
  #arrivedMs: number
  #failure: Error | undefined

  constructor(source: Readable, options: SharedBodyOptions) {
    const { promise, resolve } = Promise.withResolvers<BodyFate>()
    this.fate = promise
    this.#settle = resolve
    this.#source = source
    this.#options = options
    this.#arrivedMs = options.clock()
    if (options.announcedBytes !== undefined) this.#makeRoom(options.announcedBytes)
    source.on('data', (chunk: Uint8Array) => this.#receive(chunk))
    source.once('end', () => this.#end())
    source.once('error', (error: Error) => this.#break(error))
    source.once('close', () => this.#break(undefined))
    if (source.destroyed) this.#break(undefined)
  }

  /** Whether one who comes now still gets the beginning, and as far as can be told the rest. */
  get isJoinable(): boolean {
    if (!this.#isKept || this.#state === 'broken') return false
    return this.#state === 'ended' || this.#options.clock() - this.#arrivedMs < standstillMs
  }

  read(): Readable {
    const reader = new BodyReader(this)
    if (this.#whole !== undefined && this.#readers.size === 0) this.#options.room.hold(this.#whole)
    this.#readers.add(reader)
    if (this.#state === 'broken') reader.destroy(this.#failure)
    return reader
  }

  /** For readers: as much as it takes of what is there. */
  feed(reader: BodyReader): void {
    while (reader.isHungry) {
      const piece = this.#pieceFor(reader)
      if (piece === undefined) break
      reader.give(piece)
    }
    if (this.#state === 'ended' && reader.takenBytes === this.#receivedBytes) reader.finish()
    if (!this.#isKept) this.#moveOn()
  }

  leave(reader: BodyReader): void {
    if (!this.#readers.delete(reader)) return
    if (!this.#isKept) this.#moveOn()
    else if (this.#whole !== undefined && this.#readers.size === 0) this.#options.room.letGo(this.#whole)
  }

  #receive(chunk: Uint8Array): void {
    this.#arrivedMs = this.#options.clock()
    this.#chunks.push(chunk)
    this.#receivedBytes += chunk.byteLength
    const { announcedBytes } = this.#options
    if (announcedBytes !== undefined && this.#receivedBytes > announcedBytes) {
      this.#source.destroy()
      this.#break(undefined)
      return
    }
    if (this.#isKept) this.#makeRoom(this.#receivedBytes)
    for (const reader of this.#readers) this.feed(reader)
    if (!this.#isKept && this.#readers.size === 0) this.#moveOn()
  }

  /** Room for so much of it from its beginning; what is announced has it before it comes, or is not kept at all. */
  #makeRoom(bytes: number): void {
    const { maxBytes, room } = this.#options
    const missingBytes = bytes - this.#reservedBytes
    if (bytes > maxBytes) this.#stopKeeping('too-large')
    else if (missingBytes <= 0) return
    else if (room.reserve(missingBytes)) this.#reservedBytes = bytes
    else this.#stopKeeping('room')
  }

  /** What is here already keeps its room until its readers have had it. */
  #stopKeeping(kind: 'too-large' | 'room'): void {
    this.#isKept = false
    this.#settle({ kind })
  }

  #pieceFor({ position, takenBytes }: BodyReader): Uint8Array | undefined {
    const whole = this.#whole
    if (whole === undefined) return this.#chunks[position - this.#dropped]
    if (takenBytes === whole.byteLength) return undefined
    if (whole.byteLength <= pieceBytes && takenBytes === 0) return whole
    // A copy: the last view of it, waiting in the socket of one who reads no more, would hold all of it.
    return Buffer.copyBytesFrom(whole, takenBytes, Math.min(pieceBytes, whole.byteLength - takenBytes))
  }

  /** Lets go of what every reader has had, and reads on only when all of them want more. */
  #moveOn(): void {
    let slowest = Number.POSITIVE_INFINITY
    let hungry = true
    for (const reader of this.#readers) {
      slowest = Math.min(slowest, reader.position)
      hungry &&= reader.isHungry
    }
    const gone = Math.min(slowest - this.#dropped, this.#chunks.length)
    if (gone > 0) {
      const goneBytes = this.#chunks.splice(0, gone).reduce((sum, { byteLength }) => sum + byteLength, 0)
      this.#dropped += gone
      this.#release(Math.min(goneBytes, this.#reservedBytes))
    }
    if (this.#state !== 'arriving') return
    if (this.#readers.size === 0) this.#source.destroy()
    else if (hungry) this.#source.resume()
    else this.#source.pause()
  }

  #end(): void {
    const { announcedBytes } = this.#options
    if (announcedBytes !== undefined && announcedBytes !== this.#receivedBytes) {
      this.#break(undefined)
      return
    }
    if (this.#state !== 'arriving') return
    this.#state = 'ended'
    if (this.#isKept) this.#join()
    for (const reader of this.#readers) this.feed(reader)
  }

  /** From here on there is one copy of it, which the store takes and the readers go on with. */
  #join(): void {
    const bytes = join(this.#chunks, this.#receivedBytes)
    this.#whole = bytes
    this.#chunks.length = 0
    this.#release(this.#reservedBytes)
    if (this.#readers.size > 0) this.#options.room.hold(bytes)
    this.#settle({ kind: 'whole', bytes })
  }

  #break(error: Error | undefined): void {
    if (this.#state !== 'arriving') return
    this.#state = 'broken'
    this.#chunks.length = 0
    this.#release(this.#reservedBytes)
    this.#failure = error ?? new RoundtripError('UPSTREAM_RESET', 'The next hop broke its response off.')
    this.#settle({ kind: 'broken' })
    for (const reader of this.#readers) reader.destroy(this.#failure)
  }

  #release(bytes: number): void {
    this.#options.room.release(bytes)
    this.#reservedBytes -= bytes
  }
}

/** Memory of its own: chunks are often views of larger buffers that would be held by them. */
const join = (chunks: readonly Uint8Array[], sizeBytes: number): Uint8Array => {
  const whole = Buffer.allocUnsafeSlow(sizeBytes)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}

export class BodyReader extends Readable {
  readonly #shared: SharedBody
  /** Number of the next chunk. */
  position = 0
  takenBytes = 0
  isHungry = false
  #isFinished = false

  constructor(shared: SharedBody) {
    super()
    this.#shared = shared
    // The body may break off before the response has found its reader; unheard, the error would end the process.
    this.on('error', () => undefined)
  }

  give(piece: Uint8Array): void {
    this.position++
    this.takenBytes += piece.byteLength
    this.isHungry = this.push(piece)
  }

  finish(): void {
    if (this.#isFinished) return
    this.#isFinished = true
    this.push(null)
  }

  override _read(): void {
    this.isHungry = true
    this.#shared.feed(this)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#shared.leave(this)
    done(error)
  }
}
