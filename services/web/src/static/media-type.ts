/** What a file is, told from its name: media type, and whether compressing it pays. */
import { contentType } from 'mime-types'

/** Text always says UTF-8: a browser left to guess can be made to run something else. */
export const mediaTypeOf = (path: string): string => {
  const extension = /\.[^./]+$/.exec(path)?.[0]
  return (extension !== undefined && contentType(extension)) || 'application/octet-stream'
}

const compressible =
  /^text\/|[/+](?:json|xml|javascript|wasm)\b|^image\/(?:bmp|x-icon|vnd\.microsoft\.icon)|^font\/[ot]tf/

/** Images, videos and archives are compressed already. */
export const isCompressible = (mediaType: string): boolean => compressible.test(mediaType)
