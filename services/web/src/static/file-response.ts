/** The response for a file: coding, conditions and ranges in the order of RFC 9110 §13.2.2. */
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { RoundtripError } from '@roundtrip/errors'
import {
  contentRange,
  evaluatePreconditions,
  Fields,
  formatHttpDate,
  negotiateEncoding,
  rangeApplies,
  selectRange,
  type ByteRange,
  type HttpRequest,
  type HttpResponse,
} from '@roundtrip/http'
import { stampOf, type SiteFile } from './site-file.ts'
import { codingsOf, variantOf } from './variants.ts'

/** The file on disk is no longer the one that was described. */
export class FileChanged extends Error {}

/** What a client gets of a file: itself, or one of its codings. */
interface Representation {
  readonly file: SiteFile
  readonly coding: string
  readonly size: number
  readonly bytes: Buffer | undefined
  /** Strong: each coding has its own, since their bytes differ (RFC 9110 §8.8.3.3). */
  readonly etag: string
}

/**
 * Answers GET and HEAD.
 *
 * @throws RoundtripError `PRECONDITION_FAILED`, `RANGE_NOT_SATISFIABLE`; FileChanged, or the error of `open`, when the file is another now
 */
export const fileResponse = async ({ method, fields: asked }: HttpRequest, file: SiteFile): Promise<HttpResponse> => {
  const chosen = await choose(file, asked)
  const validators = { etag: chosen.etag, lastModified: file.lastModified }
  const outcome = evaluatePreconditions(method, asked, validators)
  if (outcome === 'failed') throw new RoundtripError('PRECONDITION_FAILED')
  const fields = describe(chosen)
  if (outcome === 'not-modified') return { status: 304, fields, body: undefined }

  fields.set('content-type', file.mediaType)
  if (chosen.coding !== 'identity') fields.set('content-encoding', chosen.coding)
  // Range is defined for GET alone (RFC 9110 §14.2).
  const wanted = method === 'GET' && rangeApplies(asked, validators) ? asked.get('range') : undefined
  const selection = selectRange(wanted, chosen.size)
  if (selection.kind === 'unsatisfiable') {
    throw new RoundtripError('RANGE_NOT_SATISFIABLE', undefined, {
      details: { contentRange: `bytes */${chosen.size}` },
    })
  }
  const isPart = selection.kind === 'part'
  const range = isPart ? selection.range : { first: 0, last: chosen.size - 1 }
  if (isPart) fields.set('content-range', contentRange(range, chosen.size))
  fields.set('content-length', range.last - range.first + 1)
  return { status: isPart ? 206 : 200, fields, body: method === 'HEAD' ? undefined : await read(chosen, range) }
}

const choose = async (file: SiteFile, asked: Fields): Promise<Representation> => {
  const coding = negotiateEncoding(asked.get('accept-encoding'), codingsOf(file))
  const variant = coding === 'identity' ? undefined : await variantOf(file, coding)
  if (variant === undefined) {
    return { file, coding: 'identity', size: file.size, bytes: file.bytes, etag: `"${file.hash}"` }
  }
  const { bytes } = variant
  return { file, coding, size: bytes.byteLength, bytes, etag: `"${file.hash}-${coding}"` }
}

/** What a 304 says too (RFC 9110 §15.4.5). */
const describe = ({ file, etag }: Representation): Fields =>
  Fields.of({
    etag,
    'last-modified': formatHttpDate(file.lastModified),
    'cache-control': file.cacheControl,
    vary: file.isCompressible ? 'accept-encoding' : undefined,
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
  })

const read = async ({ file, bytes }: Representation, { first, last }: ByteRange): Promise<Buffer | Readable> => {
  if (bytes !== undefined) return bytes.subarray(first, last + 1)
  const handle = await open(file.path)
  if (stampOf(await handle.stat()) !== file.stamp) {
    await handle.close()
    throw new FileChanged()
  }
  // Should the file become shorter from here on, the response breaks off and the client knows.
  return handle.createReadStream({ start: first, end: last })
}
