/** One response body read once and handed to several readers, each from its beginning, while it is still arriving. */
import { Readable } from 'node:stream'
import { RoundtripError } from '@roundtrip/errors'

export interface SharedBodyOptions {
  /** Octets that may be kept; a longer body only streams on, as fast as the slowest of its readers. */
  readonly maxBytes: number
  /** What Content-Length announced; any other length is a broken body. */
  readonly announcedBytes: number | undefined
  /** Asks for room for octets that arrive; without it the body is treated as too long. */
  readonly reserve: (bytes: number) => boolean
  readonly release: (bytes: number) => void
}

/** - `whole`: all of it is here - `too-large`: it streams on, unkept - `broken`: it ended before its time */
export type BodyFate =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' | 'broken' }

export class SharedBody {
  /** Resolves once; never rejects. */
  readonly fate: Promise<BodyFate>
  readonly #settle: (fate: BodyFate) => void
  readonly #source: Readable
  readonly #options: SharedBodyOptions
  readonly #readers = new Set<BodyReader>()
  /** What some reader may still want; the first of them is number `#dropped`. */
  readonly #chunks: Uint8Array[] = []
  #dropped = 0
  #receivedBytes = 0
  #reservedBytes = 0
  #isKept = true
  #state: 'arriving' | 'whole' | 'broken' = 'arriving'
  #failure: Error | undefined

  constructor(source: Readable, options: SharedBodyOptions) {
    const { promise, resolve } = Promise.withResolvers<BodyFate>()
    this.fate = promise
    this.#settle = resolve
    this.#source = source
    this.#options = options
    source.on('data', (chunk: Uint8Array) => this.#receive(chunk))
    source.once('end', () => this.#end())
    source.once('error', (error: Error) => this.#break(error))
    source.once('close', () => this.#break(undefined))
    if (source.destroyed) this.#break(undefined)
  }

  /** Whether one who comes now still gets the beginning. */
  get isJoinable(): boolean {
    return this.#isKept && this.#state !== 'broken'
  }

  read(): Readable {
    const reader = new BodyReader(this)
    this.#readers.add(reader)
    if (this.#state === 'broken') reader.destroy(this.#failure)
    return reader
  }

  /** For readers: as much as it takes of what is there. */
  feed(reader: BodyReader): void {
    while (reader.isHungry) {
      const chunk = this.#chunks[reader.position - this.#dropped]
      if (chunk === undefined) break
      reader.position++
      reader.isHungry = reader.push(chunk)
    }
    const hasAll = reader.position - this.#dropped >= this.#chunks.length
    if (hasAll && this.#state === 'whole') reader.finish()
    else if (!this.#isKept && this.#state === 'arriving') this.#holdBack()
  }

  leave(reader: BodyReader): void {
    this.#readers.delete(reader)
    if (this.#isKept || this.#state !== 'arriving') return
    if (this.#readers.size === 0) this.#source.destroy()
    else this.#holdBack()
  }

  #receive(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#receivedBytes += chunk.byteLength
    const { announcedBytes, maxBytes, reserve } = this.#options
    if (announcedBytes !== undefined && this.#receivedBytes > announcedBytes) {
      this.#source.destroy()
      this.#break(undefined)
      return
    }
    if (this.#isKept) {
      if (this.#receivedBytes <= maxBytes && reserve(chunk.byteLength)) this.#reservedBytes += chunk.byteLength
      else this.#stopKeeping()
    }
    for (const reader of this.#readers) this.feed(reader)
    if (!this.#isKept && this.#readers.size === 0) this.#source.destroy()
  }

  #stopKeeping(): void {
    this.#isKept = false
    this.#release()
    this.#settle({ kind: 'too-large' })
  }

  /** Lets go of what every reader has had, and reads on only when all of them want more. */
  #holdBack(): void {
    let slowest = Number.POSITIVE_INFINITY
    let hungry = true
    for (const reader of this.#readers) {
      slowest = Math.min(slowest, reader.position)
      hungry &&= reader.isHungry
    }
    const gone = Math.min(slowest - this.#dropped, this.#chunks.length)
    if (gone > 0) {
      this.#chunks.splice(0, gone)
      this.#dropped += gone
    }
    if (hungry) this.#source.resume()
    else this.#source.pause()
  }

  #end(): void {
    const { announcedBytes } = this.#options
    if (announcedBytes !== undefined && announcedBytes !== this.#receivedBytes) {
      this.#break(undefined)
      return
    }
    if (this.#state !== 'arriving') return
    this.#state = 'whole'
    this.#release()
    if (this.#isKept) this.#settle({ kind: 'whole', bytes: join(this.#chunks, this.#receivedBytes) })
    for (const reader of this.#readers) this.feed(reader)
  }

  #break(error: Error | undefined): void {
    if (this.#state !== 'arriving') return
    this.#state = 'broken'
    this.#release()
    this.#failure = error ?? new RoundtripError('UPSTREAM_RESET', 'The next hop broke its response off.')
    this.#settle({ kind: 'broken' })
    for (const reader of this.#readers) reader.destroy(this.#failure)
  }

  #release(): void {
    this.#options.release(this.#reservedBytes)
    this.#reservedBytes = 0
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
  isHungry = false
  #isFinished = false

  constructor(shared: SharedBody) {
    super()
    this.#shared = shared
    // The body may break off before the response has found its reader; unheard, the error would end the process.
    this.on('error', () => undefined)
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
