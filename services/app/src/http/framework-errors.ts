/** Fastify's own errors in terms of our table; whatever is not known here is our fault. */
import { RoundtripError, toRoundtripError, type ErrorCode } from '@roundtrip/errors'

const codes: Readonly<Record<string, readonly [code: ErrorCode, sentence?: string]>> = {
  FST_ERR_BAD_URL: ['BAD_REQUEST', 'The path of the URL is not validly percent-encoded.'],
  FST_ERR_NOT_FOUND: ['NOT_FOUND'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['INVALID_JSON', 'The request body is empty; JSON was announced.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['BAD_REQUEST', 'The body is not as long as Content-Length says.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['INVALID_JSON'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['UNSUPPORTED_MEDIA_TYPE'],
  FST_ERR_MAX_PARAM_LENGTH: ['NOT_FOUND'],
  ERR_STREAM_PREMATURE_CLOSE: ['CLIENT_CLOSED_REQUEST'],
  ECONNRESET: ['CLIENT_CLOSED_REQUEST'],
}

export const explained = (error: unknown): RoundtripError => {
  if (error instanceof RoundtripError) return error
  const known = codes[(error as { code?: string } | null)?.code ?? '']
  return known === undefined ? toRoundtripError(error) : new RoundtripError(known[0], known[1], { cause: error })
}
