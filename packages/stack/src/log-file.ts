/** An append-only log with a bound on its size: at the cap it becomes `<file>.1`, replacing the one before. */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'

export const defaultLogMaxBytes = 8 * 1024 * 1024

export class LogFile {
  readonly #path: string
  readonly #maxBytes: number
  #fd: number
  #bytes: number

  constructor(path: string, maxBytes: number = defaultLogMaxBytes) {
    this.#path = path
    this.#maxBytes = maxBytes
    this.#fd = openSync(path, 'a', 0o640)
    this.#bytes = fstatSync(this.#fd).size
  }

  /** Synchronous, so that the last words of a crashing process are on disk before anyone hears of the crash. */
  write(chunk: Uint8Array): void {
    if (this.#fd < 0) return
    if (this.#bytes > 0 && this.#bytes + chunk.length > this.#maxBytes) this.#rotate()
    writeSync(this.#fd, chunk)
    this.#bytes += chunk.length
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd)
    this.#fd = -1
  }

  #rotate(): void {
    closeSync(this.#fd)
    renameSync(this.#path, `${this.#path}.1`)
    this.#fd = openSync(this.#path, 'a', 0o640)
    this.#bytes = 0
  }
}
