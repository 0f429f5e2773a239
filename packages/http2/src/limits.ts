/** What one HTTP/2 connection may cost us: limits with defaults fit for a public listener. */
import { Type, type Static } from 'typebox'

const count = (value: number, description: string) => Type.Integer({ minimum: 1, default: value, description })

/** The limits as a part of a settings file. */
export const http2Settings = Type.Object(
  {
    concurrentStreams: count(128, 'Streams open at once on a connection; more are refused with REFUSED_STREAM.'),
    headerListBytes: count(
      16_384,
      'Size of a request’s fields, 32 octets added for each (RFC 7541 §4.1); more is 431.',
    ),
    headerFields: count(100, 'Fields in a request; more is 431.'),
    headerBlockBytes: count(32_768, 'Compressed octets of one field block; more ends the connection.'),
    continuationFrames: count(8, 'CONTINUATION frames in one field block; more ends the connection.'),
    headerTableBytes: count(4096, 'Size of the HPACK table that a client has us keep.'),
    streamWindowBytes: count(131_072, 'Request content that may wait unread on one stream.'),
    connectionWindowBytes: count(1_048_576, 'Request content that may wait unread on a connection.'),
    resetsPerSecond: count(50, 'Resets that a client sends or provokes, on average; four times as many at once.'),
    controlFramesPerSecond: count(
      100,
      'SETTINGS, PING, PRIORITY and unknown frames, on average; five times as many at once.',
    ),
    emptyFramesPerSecond: count(
      20,
      'Frames that carry nothing and end nothing, on average; five times as many at once.',
    ),
    windowUpdatesPerSecond: count(
      200,
      'WINDOW_UPDATE frames beyond those that content sent accounts for; five times as many at once.',
    ),
    headerTimeoutMs: count(10_000, 'Time for the preface, and for a field block that has begun.'),
    idleTimeoutMs: count(75_000, 'Time without a request after which a connection is closed.'),
    bodyGraceMs: count(10_000, 'Time that request content may take to come up to its least rate.'),
    minBodyBytesPerSecond: count(128, 'Least rate of request content while somebody waits for it; less is 408.'),
    writeStallMs: count(
      60_000,
      'Time that a client may let a response wait while taking less than a KiB; then it is broken off.',
    ),
    lingerMs: count(2000, 'Time that a client has to take note of the end of its connection.'),
  },
  { additionalProperties: false },
)

export type Http2Limits = Static<typeof http2Settings>

/** Every limit's default, as its schema states it. */
export const defaultLimits: Http2Limits = Object.fromEntries(
  Object.entries(http2Settings.properties).map(([name, schema]) => [name, (schema as { default?: number }).default]),
) as Http2Limits
