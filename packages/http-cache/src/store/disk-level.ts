/**
 * What memory has no room for, one file each. The index lives in memory and is dropped at the end of the process: at
 * start the folders of processes that are gone are emptied. A file that is not what was written is never served.
 */
import { hash } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OnDisk, StoredResponse } from '../stored-response.ts'

export interface DiskOptions {
  /** Made when it does not exist; each process keeps a folder of its own in it. */
  readonly folder: string
  readonly maxBytes: number
}

interface DiskLevelOptions extends DiskOptions {
  /** Memory for content that waits to be written; beyond it what leaves memory is let go. */
  readonly maxPendingBytes: number
}

const checksumOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'base64')

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const ownFolder = (folder: string): string => {
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) {
    const pid = /^process-(\d+)-/.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { recursive: true, force: true })
  }
  const own = join(folder, `process-${process.pid}-${crypto.randomUUID()}`)
  mkdirSync(own, { mode: 0o700 })
  return own
}

class StoredFile implements OnDisk {
  readonly sizeBytes: number
  readonly #path: string
  readonly #checksum: string

  constructor(path: string, bytes: Uint8Array) {
    this.#path = path
    this.sizeBytes = bytes.byteLength
    this.#checksum = checksumOf(bytes)
  }

  /** First under another name: a half-written file never bears the right one. */
  async write(bytes: Uint8Array): Promise<void> {
    await writeFile(`${this.#path}.part`, bytes, { mode: 0o600 })
    await rename(`${this.#path}.part`, this.#path)
  }

  async read(): Promise<Uint8Array | undefined> {
    const bytes = await readFile(this.#path).catch(() => undefined)
    if (bytes === undefined || bytes.byteLength !== this.sizeBytes) return undefined
    return checksumOf(bytes) === this.#checksum ? bytes : undefined
  }

  /** Never rejects: what cannot be removed now goes with the folder. */
  async drop(): Promise<void> {
    await Promise.allSettled([rm(this.#path, { force: true }), rm(`${this.#path}.part`, { force: true })])
  }
}

export class DiskLevel {
  readonly #folder: string
  readonly #maxBytes: number
  readonly #maxPendingBytes: number
  readonly #evict: (stored: StoredResponse) => void
  /** In order of arrival; a disk is large enough for first in, first out. */
  readonly #files = new Map<StoredResponse, StoredFile>()
  readonly #pending = new Set<Promise<unknown>>()
  #nextName = 0
  #pendingBytes = 0
  bytes = 0

  /** @param evict told of each response whose file had to go */
  constructor({ folder, maxBytes, maxPendingBytes }: DiskLevelOptions, evict: (stored: StoredResponse) => void) {
    this.#folder = ownFolder(folder)
    this.#maxBytes = maxBytes
    this.#maxPendingBytes = maxPendingBytes
    this.#evict = evict
  }

  get objects(): number {
    return this.#files.size
  }

  /** Whether there may be room for it: whole content, not too much, and not too much else waiting to be written. */
  takes({ body }: StoredResponse): boolean {
    if (!(body instanceof Uint8Array)) return false
    return body.byteLength <= this.#maxBytes && this.#pendingBytes + body.byteLength <= this.#maxPendingBytes
  }

  /** @param isWanted asked when the file is there: the response may have been purged meanwhile. @returns whether it is kept */
  write(stored: StoredResponse, isWanted: () => boolean): Promise<boolean> {
    return this.#track(this.#write(stored, isWanted))
  }

  remove(stored: StoredResponse): void {
    const file = this.#files.get(stored)
    if (file === undefined) return
    this.#files.delete(stored)
    this.bytes -= file.sizeBytes
    void this.#track(file.drop())
  }

  /** @returns false when there is none */
  evictOldest(): boolean {
    for (const [oldest] of this.#files) {
      this.remove(oldest)
      this.#evict(oldest)
      return true
    }
    return false
  }

  /** Resolves when nothing is being written or removed any more. */
  async flush(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending)
  }

  /** Resolves when nothing is being written any more, with the folder removed. */
  async close(): Promise<void> {
    await this.flush()
    await rm(this.#folder, { recursive: true, force: true })
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#pending.add(work)
    return work.finally(() => this.#pending.delete(work))
  }

  async #write(stored: StoredResponse, isWanted: () => boolean): Promise<boolean> {
    const bytes = stored.body as Uint8Array
    const file = new StoredFile(join(this.#folder, String(this.#nextName++)), bytes)
    this.#pendingBytes += file.sizeBytes
    try {
      await file.write(bytes)
    } catch {
      // A full or failing disk makes the cache smaller, nothing else.
      await file.drop()
      return false
    } finally {
      this.#pendingBytes -= file.sizeBytes
    }
    if (!isWanted()) {
      await file.drop()
      return false
    }
    stored.body = file
    this.#files.set(stored, file)
    this.bytes += file.sizeBytes
    this.#makeRoom()
    return true
  }

  #makeRoom(): void {
    while (this.bytes > this.#maxBytes && this.evictOldest()) continue
  }
}
