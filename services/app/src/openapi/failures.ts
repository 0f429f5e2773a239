/** Which failures an operation can have by what its route takes and asks for, beyond those that the route names itself. */
import type { ErrorCode } from '@roundtrip/errors'
import type { FastifySchema } from 'fastify'
import type { Demand } from '../auth/demands.ts'

export interface Asked {
  readonly method: string
  readonly schema: FastifySchema
  /** Whether the same for all: nobody is asked who they are. */
  readonly isShared: boolean
  /** What it asks of who comes; undefined when anybody may. */
  readonly demand: Demand | undefined
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

const ofAll: readonly ErrorCode[] = [
  'INTERNAL',
  'OVERLOADED',
  'DRAINING',
  'DATABASE_UNAVAILABLE',
  'DATABASE_BUSY',
  'DEADLINE_EXCEEDED',
]
/** A body is read also where none is wanted. */
const ofWrites: readonly ErrorCode[] = [
  'INVALID_JSON',
  'BAD_REQUEST',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'CROSS_SITE_REQUEST',
  'WRITE_OUTCOME_UNKNOWN',
]
/** Who need not be anybody, but shows a token, has to show a good one. */
const ofIdentity: readonly ErrorCode[] = ['TOKEN_INVALID', 'AUTH_UNAVAILABLE']

const hasMore = ({ querystring, headers, body }: FastifySchema): boolean =>
  [querystring, headers, body].some((part) => part !== undefined)

const hasCursor = ({ querystring }: FastifySchema): boolean =>
  Object.hasOwn((querystring as { properties?: object } | undefined)?.properties ?? {}, 'cursor')

const ofDemand = (demand: Demand | undefined): readonly ErrorCode[] => {
  if (demand === undefined) return ['SCOPE_REQUIRED']
  return ['UNAUTHENTICATED', 'ROLE_REQUIRED', demand.scope === undefined ? 'SESSION_REQUIRED' : 'SCOPE_REQUIRED']
}

export const generalFailures = ({ method, schema, isShared, demand }: Asked): ErrorCode[] => [
  ...new Set<ErrorCode>([
    ...ofAll,
    ...(safeMethods.has(method) ? [] : ofWrites),
    ...(isShared ? [] : [...ofIdentity, ...ofDemand(demand)]),
    ...(schema.params === undefined ? [] : (['NOT_FOUND', 'BAD_REQUEST'] as const)),
    ...(hasMore(schema) ? (['VALIDATION_FAILED'] as const) : []),
    ...(hasCursor(schema) ? (['CURSOR_INVALID'] as const) : []),
  ]),
]
