/** The log of one instance: its last lines, then what is added, across rotations (`<file>` becomes `<file>.1`). */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'

const chunkBytes = 64 * 1024
const newline = 0x0a

const openIfThere = (file: string): number | undefined => {
  try {
    return openSync(file, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

const countLines = (chunk: Buffer): number => {
  let lines = 0
  for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) lines++
  return lines
}

/** Reads backwards from `end`, no further than needed. */
const linesBefore = (fd: number, end: number, count: number): string[] => {
  const chunks: Buffer[] = []
  let start = end
  let newlines = 0
  // One newline more than lines wanted: the first chunk may begin inside a line.
  while (start > 0 && newlines <= count) {
    const size = Math.min(chunkBytes, start)
    start -= size
    const chunk = Buffer.alloc(size)
    readSync(fd, chunk, 0, size, start)
    newlines += countLines(chunk)
    chunks.unshift(chunk)
  }
  const lines = Buffer.concat(chunks).toString('utf8').split('\n')
  lines.pop()
  return count === 0 ? [] : lines.slice(-count)
}

export class LogSource {
  readonly instance: string
  readonly #file: string
  #fd: number | undefined
  #position = 0
  #decoder = new StringDecoder('utf8')
  #partial = ''

  constructor(instance: string, file: string) {
    this.instance = instance
    this.#file = file
  }

  /** The last complete lines there are now; `added` continues behind them. */
  last(count: number): string[] {
    const fd = this.#open()
    if (fd === undefined) return []
    const size = fstatSync(fd).size
    const lines = linesBefore(fd, size, count)
    this.#position = this.#endOfLastLine(fd, size)
    return lines.length < count ? [...this.#rotatedLast(count - lines.length), ...lines] : lines
  }

  /** Complete lines since the last call. */
  added(): string[] {
    const lines = this.#read()
    if (!this.#wasRotated()) return lines
    this.close()
    return [...lines, ...this.#read()]
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
    this.#position = 0
    this.#partial = ''
    this.#decoder = new StringDecoder('utf8')
  }

  #open(): number | undefined {
    this.#fd ??= openIfThere(this.#file)
    return this.#fd
  }

  #rotatedLast(count: number): string[] {
    const fd = openIfThere(`${this.#file}.1`)
    if (fd === undefined) return []
    try {
      return linesBefore(fd, fstatSync(fd).size, count)
    } finally {
      closeSync(fd)
    }
  }

  #endOfLastLine(fd: number, size: number): number {
    const chunk = Buffer.alloc(Math.min(size, chunkBytes))
    readSync(fd, chunk, 0, chunk.length, size - chunk.length)
    const at = chunk.lastIndexOf(newline)
    return at < 0 ? size : size - chunk.length + at + 1
  }

  #read(): string[] {
    const fd = this.#open()
    if (fd === undefined) return []
    const chunk = Buffer.alloc(chunkBytes)
    for (;;) {
      const bytes = readSync(fd, chunk, 0, chunk.length, this.#position)
      if (bytes === 0) break
      this.#position += bytes
      this.#partial += this.#decoder.write(chunk.subarray(0, bytes))
    }
    const lines = this.#partial.split('\n')
    this.#partial = lines.pop() ?? ''
    return lines
  }

  #wasRotated(): boolean {
    if (this.#fd === undefined) return false
    try {
      return statSync(this.#file).ino !== fstatSync(this.#fd).ino
    } catch {
      return false
    }
  }
}
