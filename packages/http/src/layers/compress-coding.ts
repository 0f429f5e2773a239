/** The content codings we can apply (RFC 9110 §8.4.1, RFC 7932, RFC 8878), each with the parameters that suit answers made on the fly. */
import type { Transform } from 'node:stream'
import {
  brotliCompress,
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  gzip,
  zstdCompress,
  type BrotliOptions,
  type ZstdOptions,
} from 'node:zlib'

export type Coding = 'zstd' | 'br' | 'gzip'

export interface CodingLevels {
  /** 1 to 9; default 6. */
  readonly gzipLevel?: number
  /** 0 to 11; default 5, beyond which time grows faster than size shrinks. */
  readonly brotliLevel?: number
  /** 1 to 19; default 6. */
  readonly zstdLevel?: number
}

/** Bounds what one stream holds to about a megabyte; far below the 8 MB that RFC 9659 §3 lets a zstd window have. */
const streamWindowBits = 18

const brotliOptions = (level: number, sizeBytes?: number): BrotliOptions => ({
  params: {
    [constants.BROTLI_PARAM_QUALITY]: level,
    ...(sizeBytes === undefined
      ? { [constants.BROTLI_PARAM_LGWIN]: streamWindowBits }
      : { [constants.BROTLI_PARAM_SIZE_HINT]: sizeBytes }),
  },
})

const zstdOptions = (level: number, isStream: boolean): ZstdOptions => ({
  params: {
    [constants.ZSTD_c_compressionLevel]: level,
    ...(isStream && { [constants.ZSTD_c_windowLog]: streamWindowBits }),
  },
})

/** @param flushesEach whether every chunk leaves at once, as event streams need it */
export const createEncoder = (coding: Coding, levels: CodingLevels, flushesEach: boolean): Transform => {
  const { gzipLevel = 6, brotliLevel = 5, zstdLevel = 6 } = levels
  if (coding === 'gzip') return createGzip({ level: gzipLevel, ...(flushesEach && { flush: constants.Z_SYNC_FLUSH }) })
  if (coding === 'br')
    return createBrotliCompress({
      ...brotliOptions(brotliLevel),
      ...(flushesEach && { flush: constants.BROTLI_OPERATION_FLUSH }),
    })
  return createZstdCompress({
    ...zstdOptions(zstdLevel, true),
    ...(flushesEach && { flush: constants.ZSTD_e_flush }),
  })
}

/** Off the main thread. @throws the error of zlib */
export const encode = (coding: Coding, levels: CodingLevels, bytes: Uint8Array): Promise<Uint8Array> => {
  const { gzipLevel = 6, brotliLevel = 5, zstdLevel = 6 } = levels
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, encoded: Uint8Array): void => {
      if (error === null) resolve(encoded)
      else reject(error)
    }
    if (coding === 'gzip') gzip(bytes, { level: gzipLevel }, done)
    else if (coding === 'br') brotliCompress(bytes, brotliOptions(brotliLevel, bytes.byteLength), done)
    else zstdCompress(bytes, zstdOptions(zstdLevel, false), done)
  })
}
