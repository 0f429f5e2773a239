/** Serialises the frames that a server sends (RFC 9113 §6) into the output of its connection. */
import { defaultFrameBytes, flag, frameHeaderBytes, frameType } from './frame-types.ts'
import type { Output } from './output.ts'
import { errorCode, type ErrorCodeName } from './protocol-error.ts'

/** Reserves a frame, writes its header and returns where its payload goes; the slab may be another afterwards. */
const begin = (output: Output, type: number, flags: number, streamId: number, length: number): number => {
  output.reserve(frameHeaderBytes + length)
  const { slab, offset } = output
  slab[offset] = length >>> 16
  slab[offset + 1] = (length >>> 8) & 0xff
  slab[offset + 2] = length & 0xff
  slab[offset + 3] = type
  slab[offset + 4] = flags
  putUint32(slab, offset + 5, streamId)
  output.offset = offset + frameHeaderBytes + length
  return offset + frameHeaderBytes
}

const putUint32 = (slab: Buffer, offset: number, value: number): void => {
  slab[offset] = value >>> 24
  slab[offset + 1] = (value >>> 16) & 0xff
  slab[offset + 2] = (value >>> 8) & 0xff
  slab[offset + 3] = value & 0xff
}

/** Pairs of identifier and value. */
export const writeSettings = (output: Output, settings: readonly (readonly [id: number, value: number])[]): void => {
  let offset = begin(output, frameType.SETTINGS, 0, 0, settings.length * 6)
  for (const [id, value] of settings) {
    output.slab.writeUInt16BE(id, offset)
    putUint32(output.slab, offset + 2, value)
    offset += 6
  }
}

export const writeSettingsAck = (output: Output): void => {
  begin(output, frameType.SETTINGS, flag.ACK, 0, 0)
}

/** @param opaque eight octets */
export const writePing = (output: Output, flags: number, opaque: Uint8Array): void => {
  const offset = begin(output, frameType.PING, flags, 0, 8)
  output.slab.set(opaque, offset)
}

export const writeGoaway = (output: Output, lastStreamId: number, code: ErrorCodeName): void => {
  const offset = begin(output, frameType.GOAWAY, 0, 0, 8)
  putUint32(output.slab, offset, lastStreamId)
  putUint32(output.slab, offset + 4, errorCode[code])
}

export const writeReset = (output: Output, streamId: number, code: ErrorCodeName): void => {
  const offset = begin(output, frameType.RST_STREAM, 0, streamId, 4)
  putUint32(output.slab, offset, errorCode[code])
}

export const writeWindowUpdate = (output: Output, streamId: number, bytes: number): void => {
  const offset = begin(output, frameType.WINDOW_UPDATE, 0, streamId, 4)
  putUint32(output.slab, offset, bytes)
}

/** @param block the first `length` octets of it; what does not fit a frame goes on in CONTINUATION */
export const writeHeaders = (
  output: Output,
  streamId: number,
  endsStream: boolean,
  block: Buffer,
  length: number,
): void => {
  let sent = 0
  let type: number = frameType.HEADERS
  do {
    const piece = Math.min(length - sent, defaultFrameBytes)
    const isLast = sent + piece === length
    const flags = (isLast ? flag.END_HEADERS : 0) | (endsStream && type === frameType.HEADERS ? flag.END_STREAM : 0)
    const offset = begin(output, type, flags, streamId, piece)
    block.copy(output.slab, offset, sent, sent + piece)
    sent += piece
    type = frameType.CONTINUATION
  } while (sent < length)
}

/** @param end of `bytes`, not more than a frame behind `start` */
export const writeData = (
  output: Output,
  streamId: number,
  endsStream: boolean,
  bytes: Uint8Array,
  start: number,
  end: number,
): void => {
  const offset = begin(output, frameType.DATA, endsStream ? flag.END_STREAM : 0, streamId, end - start)
  if (end > start) output.slab.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), offset)
}
