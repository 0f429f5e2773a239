/** One file of the site as it is on disk now: what its responses say about it, and its bytes when it is small. */
import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { cacheControlOf } from './cache-control.ts'
import { isCompressible, mediaTypeOf } from './media-type.ts'
import type { Encoded } from './variants.ts'

export interface SiteFile {
  /** Absolute, without symbolic links. */
  readonly path: string
  readonly size: number
  /** Which content this is, for one look at the disk. */
  readonly stamp: string
  readonly lastModified: Date
  /** Of the content, so that all instances agree on it (RFC 9110 §8.8.3). Without quotes. */
  readonly hash: string
  readonly mediaType: string
  readonly cacheControl: string
  readonly isCompressible: boolean
  /** The whole file when it is small enough to be kept. */
  readonly bytes: Buffer | undefined
  /** Content codings made or found so far; a coding that did not pay is undefined. */
  readonly variants: Map<string, Promise<Encoded | undefined>>
}

/** A file of another size or time is another file; the inode tells a replacement within the same tick. */
export const stampOf = ({ size, mtimeMs, ino }: Stats): string => `${size}-${mtimeMs}-${ino}`

/** Files up to this size are kept in memory, larger ones are read from disk for each response. */
export const maxKeptBytes = 256 * 1024

export const loadSiteFile = async (path: string, name: string): Promise<SiteFile> => {
  const handle = await open(path)
  try {
    const stats = await handle.stat()
    const bytes = stats.size <= maxKeptBytes ? await handle.readFile() : undefined
    const mediaType = mediaTypeOf(name)
    return {
      path,
      // What was read, should the file have grown since it was asked for its size.
      size: bytes?.byteLength ?? stats.size,
      stamp: stampOf(stats),
      lastModified: stats.mtime,
      hash: await hashOf(bytes, handle),
      mediaType,
      cacheControl: cacheControlOf(name),
      isCompressible: isCompressible(mediaType),
      bytes,
      variants: new Map(),
    }
  } finally {
    await handle.close()
  }
}

const hashOf = async (bytes: Buffer | undefined, handle: FileHandle): Promise<string> => {
  const hash = createHash('sha256')
  if (bytes === undefined) await pipeline(handle.createReadStream({ start: 0, autoClose: false }), hash)
  else hash.update(bytes)
  return hash.digest('base64url').slice(0, 22)
}

/** Most bytes of memory a file will ever take: itself, and a variant in each coding that is no larger. */
export const weightOf = ({ bytes, isCompressible: hasVariants }: SiteFile): number =>
  1024 + (bytes?.byteLength ?? 0) * (hasVariants ? 4 : 1)
