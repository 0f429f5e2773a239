/** The head of a response as a field block (RFC 9113 §8.3.2), made in one buffer that all connections share. */
import { formatHttpDate, isHopByHop, stripHopByHop, type Fields, type HttpResponse } from '@roundtrip/http'
import { encodeLine, encodeStatus, maxEncodedLength } from './hpack/encoder.ts'

/** Larger heads cannot be sent. */
const maxBytes = 65_536
const block = Buffer.allocUnsafeSlow(maxBytes)

export interface ResponseHead {
  /** Valid until the next head is made. */
  readonly block: Buffer
  readonly length: number
}

let dateText = ''
let dateSeconds = 0

const currentDate = (): string => {
  const nowMs = Date.now()
  const seconds = Math.floor(nowMs / 1000)
  if (seconds !== dateSeconds) {
    dateSeconds = seconds
    dateText = formatHttpDate(new Date(nowMs))
  }
  return dateText
}

/** A dynamic table of size 0 (RFC 7541 §6.3), at the beginning of a block. */
const emptyTable = (): number => {
  block[0] = 0x20
  return 1
}

const put = (name: string, value: string, offset: number): number => {
  if (offset + maxEncodedLength(name, value) > maxBytes) throw new RangeError('the response head is too large')
  return encodeLine(name, value, block, offset)
}

/**
 * @param contentLength replaces what the fields say; `keep` leaves that as it is, undefined takes it away
 * @param emptiesTable begins with an update of the dynamic table's size to nothing
 * @throws TypeError when a field cannot be sent, RangeError when all of them come to more than 64 KiB
 */
export const encodeHead = (
  response: HttpResponse,
  contentLength: number | 'keep' | undefined,
  emptiesTable: boolean,
): ResponseHead => {
  const { status } = response
  if (!Number.isInteger(status) || status < 200 || status > 999) throw new RangeError(`not a final status: ${status}`)
  const { flat } = withoutNamedOptions(response)
  let hasDate = false
  let offset = encodeStatus(status, block, emptiesTable ? emptyTable() : 0)
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? ''
    if (isHopByHop(name) || (name === 'content-length' && contentLength !== 'keep')) continue
    if (name === 'date') hasDate = true
    offset = put(name, flat[i + 1] ?? '', offset)
  }
  if (typeof contentLength === 'number') offset = put('content-length', String(contentLength), offset)
  if (!hasDate) offset = put('date', currentDate(), offset)
  return { block, length: offset }
}

/** Connection may name further fields that must not go on; hardly a response has one. */
const withoutNamedOptions = ({ fields }: HttpResponse): HttpResponse['fields'] => {
  const { flat } = fields
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i] === 'connection' && flat[i + 1] !== 'close' && flat[i + 1] !== 'keep-alive') {
      return stripHopByHop(fields.clone())
    }
  }
  return fields
}

/** The head of an interim response (RFC 9110 §15.2), which says nothing about a length. @throws as `encodeHead` does */
export const encodeInterim = (status: number, { flat }: Fields, emptiesTable: boolean): ResponseHead => {
  let offset = encodeStatus(status, block, emptiesTable ? emptyTable() : 0)
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? ''
    if (!isHopByHop(name) && name !== 'content-length') offset = put(name, flat[i + 1] ?? '', offset)
  }
  return { block, length: offset }
}
