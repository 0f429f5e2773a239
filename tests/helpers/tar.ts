/** Reads the files of a tar archive (POSIX.1-2017, pax, "ustar"), as `docker cp` sends it. */
import { buffer } from 'node:stream/consumers'

export interface TarEntry {
  readonly name: string
  readonly modifiedAt: Date
  readonly content: Buffer
}

const blockBytes = 512

const textAt = (header: Buffer, from: number, length: number): string =>
  header.toString('utf8', from, from + length).replace(/\0.*$/s, '')

const numberAt = (header: Buffer, from: number, length: number): number =>
  Number.parseInt(textAt(header, from, length).trim() || '0', 8)

/** Regular files only; names are taken from the header, so up to 100 characters. */
export const readTar = async (archive: NodeJS.ReadableStream): Promise<TarEntry[]> => {
  const bytes = await buffer(archive)
  const entries: TarEntry[] = []
  for (let at = 0; at + blockBytes <= bytes.length && bytes[at] !== 0;) {
    const header = bytes.subarray(at, at + blockBytes)
    const size = numberAt(header, 124, 12)
    const type = textAt(header, 156, 1)
    at += blockBytes
    if (type === '0' || type === '') {
      entries.push({
        name: textAt(header, 0, 100),
        modifiedAt: new Date(numberAt(header, 136, 12) * 1000),
        content: bytes.subarray(at, at + size),
      })
    }
    at += Math.ceil(size / blockBytes) * blockBytes
  }
  return entries
}
