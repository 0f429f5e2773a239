/** The one error envelope of the API: problem details (RFC 9457). */
import { Type, type Static } from 'typebox'

/** Media type of every error that is not a page. */
export const problemMediaType = 'application/problem+json'

export const problemSchema = Type.Object({
  type: Type.String({ description: 'identifies the kind of problem (RFC 9457 §3.1.1)' }),
  title: Type.String({ description: 'the kind of problem in words; the same for each occurrence' }),
  status: Type.Integer({ description: 'the HTTP status' }),
  detail: Type.String({ description: 'this occurrence in words: what to do about it' }),
  instance: Type.String({ description: 'the address that was asked for' }),
  code: Type.String({ description: 'stable name for programs, such as VALIDATION_FAILED' }),
  requestId: Type.String({ description: 'finds this request in the logs of every tier' }),
  errors: Type.Optional(
    Type.Array(
      Type.Object({
        pointer: Type.String({ description: 'the place in the body, query or path (JSON Pointer, RFC 6901)' }),
        in: Type.String({ description: 'body, querystring, params or headers' }),
        detail: Type.String(),
      }),
    ),
  ),
})

export type Problem = Static<typeof problemSchema>
