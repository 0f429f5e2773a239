/** Content codings of a file (RFC 9110 §8.4): shipped beside it as `.br`, `.zst` and `.gz`, else made once in memory. */
import { stat, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib'
import { maxKeptBytes, type SiteFile } from './site-file.ts'

export interface Encoded {
  readonly bytes: Buffer
}

interface Coding {
  readonly extension: string
  readonly encode: (bytes: Buffer) => Promise<Buffer>
}

const brotli = promisify(brotliCompress)
const zstd = promisify(zstdCompress)
const deflate = promisify(gzip)

/** In our order of preference. Each file is compressed once, so the slow settings are the right ones. */
const codings: ReadonlyMap<string, Coding> = new Map([
  ['br', { extension: '.br', encode: (bytes) => brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }) }],
  [
    'zstd',
    { extension: '.zst', encode: (bytes) => zstd(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 19 } }) },
  ],
  ['gzip', { extension: '.gz', encode: (bytes) => deflate(bytes, { level: 9 }) }],
])

/** Smaller files fit into one packet as they are. */
const minBytes = 512

const maySave = ({ isCompressible, size, bytes }: SiteFile): boolean =>
  isCompressible && size >= minBytes && bytes !== undefined

/** The codings there can be for a file, the preferred first. */
export const codingsOf = (file: SiteFile): readonly string[] => (maySave(file) ? [...codings.keys()] : [])

/** @returns undefined when the coding would save nothing worth having */
export const variantOf = (file: SiteFile, coding: string): Promise<Encoded | undefined> => {
  // Kept as a promise: requests that come while it is being made wait for the same one.
  const known = file.variants.get(coding)
  if (known !== undefined) return known
  const made = makeVariant(file, coding)
  file.variants.set(coding, made)
  return made
}

const makeVariant = async (file: SiteFile, name: string): Promise<Encoded | undefined> => {
  const coding = codings.get(name)
  if (coding === undefined || file.bytes === undefined) return undefined
  const bytes = (await shipped(file, coding)) ?? (await coding.encode(file.bytes))
  // Less than a tenth saved is not worth the decompressing.
  return bytes.byteLength <= file.bytes.byteLength * 0.9 ? { bytes } : undefined
}

/** A variant older than its file was made of another content. */
const shipped = async ({ path, lastModified }: SiteFile, { extension }: Coding): Promise<Buffer | undefined> => {
  try {
    const stats = await stat(path + extension)
    const isUsable = stats.isFile() && stats.size <= maxKeptBytes && stats.mtime >= lastModified
    return isUsable ? await readFile(path + extension) : undefined
  } catch {
    return undefined
  }
}
