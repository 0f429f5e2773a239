/** What a peer did against the protocol: errors of the connection and of one stream, with their codes (RFC 9113 §5.4, §7). */

export const errorCode = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  ENHANCE_YOUR_CALM: 0xb,
} as const

export type ErrorCodeName = keyof typeof errorCode

/** Ends the connection with GOAWAY. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: ErrorCodeName

  constructor(code: ErrorCodeName, detail: string) {
    super(detail)
    this.code = code
  }
}

/** Ends one stream with RST_STREAM. */
export class StreamError extends Error {
  override readonly name = 'StreamError'
  readonly streamId: number
  readonly code: ErrorCodeName

  constructor(streamId: number, code: ErrorCodeName, detail: string) {
    super(detail)
    this.streamId = streamId
    this.code = code
  }
}
