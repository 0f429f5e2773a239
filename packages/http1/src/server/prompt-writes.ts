/**
 * TLS writes that are done when they return, as plain ones are. node calls back a turn later, although the record is in
 * the kernel by then; to come back to each connection for that costs more than to encrypt a short answer. Reached by
 * names of node's own; where they are not found, writes are done when node says so.
 */
// oxlint-disable no-underscore-dangle -- the names are node's
import type { Socket } from 'node:net'
import { getSystemErrorName } from 'node:util'

/** One record (RFC 8446 §5.1): all of it is handed to the kernel at once, or its rest waits there to be seen. */
const maxPromptBytes = 16_384

type Done = (error?: Error | null) => void

/** A write under way. */
interface WriteRequest {
  /** Called at the end, if there is one by then; else the end is noted in `writeStatus`. */
  oncomplete?: (status: number) => void
  readonly writeStatus: number | null
  /** What TLS had against it. */
  readonly error?: string
}

interface TlsHandle {
  /** @returns an error number, or the write that is under way */
  writeBuffer(request: null, octets: Uint8Array): number | WriteRequest
  /** Encrypted octets that are not known to be in the kernel. */
  readonly writeQueueSize: number
  readonly _parent: { readonly writeQueueSize: number }
}

/** What streams call, one at a time. */
interface Inner {
  _handle?: Partial<TlsHandle> | null
  _write(chunk: Buffer | string, encoding: BufferEncoding, done: Done): void
  _writev?(chunks: unknown[], done: Done): void
  _final(done: Done): void
}

const isKnown = (handle: Partial<TlsHandle> | null | undefined): handle is TlsHandle =>
  typeof handle?.writeBuffer === 'function' &&
  typeof handle.writeQueueSize === 'number' &&
  typeof handle._parent?.writeQueueSize === 'number'

class PromptWrites {
  readonly #handle: TlsHandle
  readonly #write: Inner['_write']
  /** Said to be done, and not yet so to node: it takes no other write meanwhile. */
  #early: WriteRequest | undefined

  constructor(socket: Inner, handle: TlsHandle) {
    this.#handle = handle
    this.#write = socket._write.bind(socket)
    const writev = socket._writev?.bind(socket)
    const final = socket._final.bind(socket)
    socket._write = this.#take
    if (writev !== undefined) socket._writev = (chunks, done) => this.#afterEarly(() => writev(chunks, done))
    socket._final = (done) => this.#afterEarly(() => final(done))
  }

  readonly #take = (chunk: Buffer | string, encoding: BufferEncoding, done: Done): void => {
    if (this.#isBusy()) {
      // Its memory may be the next answer's by then.
      const kept = typeof chunk === 'string' ? chunk : Buffer.from(chunk)
      this.#afterEarly(() => this.#write(kept, encoding, done))
    } else if (typeof chunk === 'string' || chunk.length > maxPromptBytes || this.#handle.writeQueueSize > 0) {
      this.#write(chunk, encoding, done)
    } else this.#writePromptly(chunk, done)
  }

  #writePromptly(octets: Buffer, done: Done): void {
    const handle = this.#handle
    const request = handle.writeBuffer(null, octets)
    if (typeof request === 'number') done(request === 0 ? null : failure(request))
    else if (handle.writeQueueSize > octets.length && handle._parent.writeQueueSize === 0) {
      this.#early = request
      done()
    } else if (request.error !== undefined) done(new Error(request.error))
    else if (request.writeStatus !== null) done(request.writeStatus === 0 ? null : failure(request.writeStatus))
    else request.oncomplete = (status) => done(status === 0 ? null : failure(status))
  }

  #isBusy(): boolean {
    if (this.#early === undefined) return false
    if (this.#early.writeStatus === null) return true
    this.#early = undefined
    return false
  }

  #afterEarly(go: () => void): void {
    const early = this.#early
    if (early === undefined || !this.#isBusy()) return go()
    early.oncomplete = () => {
      this.#early = undefined
      go()
    }
  }
}

/** As node says it. */
const failure = (status: number): Error => {
  const code = getSystemErrorName(status)
  return Object.assign(new Error(`write ${code}`), { code })
}

/** For a TLS connection that is established. @returns whether its writes are done when they return, as far as they can be */
export const writePromptly = (socket: Socket): boolean => {
  const inner = socket as unknown as Inner
  const { _handle: handle } = inner
  if (!isKnown(handle)) return false
  void new PromptWrites(inner, handle)
  return true
}
