/** What one client may take of an HTTP/1.1 server: sizes, counts and time, as settings with defaults fit for production. */
import { Type, type Static } from 'typebox'
import { defaultHeadLimits } from '../head-reader.ts'

const amount = (defaultValue: number, description: string, minimum = 1) =>
  Type.Integer({ default: defaultValue, minimum, description })

export const http1Settings = Type.Object(
  {
    maxLineBytes: amount(defaultHeadLimits.maxLineBytes, 'Longest request line in bytes; 414 above.'),
    maxHeaderBytes: amount(defaultHeadLimits.maxHeaderBytes, 'All field lines of a request in bytes; 431 above.'),
    maxHeaderCount: amount(defaultHeadLimits.maxHeaderCount, 'Most field lines of a request; 431 above.'),
    headerTimeoutMs: amount(
      10_000,
      'From the first byte of a request to the end of its fields; 408 after (Slowloris).',
    ),
    idleTimeoutMs: amount(60_000, 'How long a connection is kept without a request.'),
    minBodyBytesPerSecond: amount(240, 'Slowest average rate of a request body that we wait for; 408 below.', 0),
    bodyGraceMs: amount(10_000, 'Waiting time for a request body before its rate is looked at.', 0),
    writeStallMs: amount(60_000, 'How long a client may take for a KiB of a response that is there for it.'),
    busyTimeoutMs: amount(120_000, 'Longest silence in both directions while a request is in hand.'),
    lingerMs: amount(
      5000,
      'How long a client may go on sending, or keep its side open, once the last response went out.',
    ),
    maxDrainBytes: amount(2_097_152, 'Unread rest of a request body that is thrown away to keep the connection.', 0),
    maxPipelinedBytes: amount(65_536, 'Requests sent ahead while another is in hand, in bytes; reading stops above.'),
    maxRequestsPerConnection: amount(0, 'After so many requests the connection is closed; 0 for no limit.', 0),
  },
  { additionalProperties: false },
)

export type Http1Settings = Static<typeof http1Settings>

export const defaultHttp1Settings: Http1Settings = {
  ...defaultHeadLimits,
  headerTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
  minBodyBytesPerSecond: 240,
  bodyGraceMs: 10_000,
  writeStallMs: 60_000,
  busyTimeoutMs: 120_000,
  lingerMs: 5000,
  maxDrainBytes: 2_097_152,
  maxPipelinedBytes: 65_536,
  maxRequestsPerConnection: 0,
}
