/** Completes the operations that the routes' schemas have made: failures, headers, who may, names. */
import { STATUS_CODES } from 'node:http'
import { codes, type ErrorCode } from '@roundtrip/errors'
import type { Demand } from '../auth/demands.ts'
import { headers as sharedHeaders } from './components.ts'
import { codesNamedIn, failureResponse } from './problem-response.ts'

interface Response {
  description?: string
  headers?: object
  content?: Record<string, { readonly schema?: object }>
}

export interface Operation {
  summary?: string
  operationId?: string
  tags?: string[]
  deprecated?: boolean
  security?: Record<string, readonly string[]>[]
  parameters?: { readonly in: string; readonly name: string }[]
  responses: Record<string, Response>
}

/** What successful answers say in their header, beyond what the routes' schemas name. */
const ownHeaders: Readonly<Record<string, readonly (keyof typeof sharedHeaders)[]>> = {
  'GET /api/products/{id}': ['ETag'],
  'POST /api/products': ['Location', 'ETag'],
  'PUT /api/products/{id}': ['ETag'],
  'PATCH /api/products/{id}': ['ETag'],
  'POST /api/orders': ['Location', 'Idempotency-Replayed'],
  'GET /api/cart': ['ETag'],
  'PUT /api/cart/items/{productId}': ['ETag'],
  'DELETE /api/cart/items/{productId}': ['ETag'],
  'POST /api/cart/checkout': ['Location', 'Idempotency-Replayed'],
  'POST /api/accounts': ['Location'],
  'POST /api/sessions': ['Location'],
}

type HeaderName = keyof typeof sharedHeaders

const refsTo = (names: readonly HeaderName[]): object =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))

/** Whoever has written is told how far they have got by reads as well, found or not. */
const ofVisitor: readonly HeaderName[] = ['Set-Cookie', 'X-Session-Position']

const ofSuccess = (key: string, { parameters = [] }: Operation): HeaderName[] => [
  'X-Request-Id',
  ...(ownHeaders[key] ?? []),
  ...(parameters.some((one) => one.in === 'query' && one.name === 'cursor') ? (['Link'] as const) : []),
  ...ofVisitor,
  ...ofMethod(key),
]

const ofMethod = (key: string): HeaderName[] => (key.startsWith('PATCH ') ? ['Accept-Patch'] : [])

const ofFailure = (key: string, status: number): HeaderName[] => [
  ...(status === 412 ? (['ETag'] as const) : []),
  ...ofVisitor,
  ...ofMethod(key),
]

/** The answers that the tiers in front give in place of the application have the same shape. */
const fromTheWay = {
  description: 'any failure on the way here (RFC 9457), such as RATE_LIMITED or NO_HEALTHY_UPSTREAM',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

/** What `@fastify/swagger` says where the route says nothing. */
const swaggersOwn = 'Default Response'

/** TypeBox' void is no type of JSON Schema: it stands for no content. */
const isEmpty = ({ content = {} }: Response): boolean =>
  Object.values(content).some(({ schema }) => schema !== undefined && 'type' in schema && schema.type === 'void')

/**
 * @param general failures that the route need not name
 * @returns all failures that can be met
 */
export const completeResponses = (key: string, operation: Operation, general: readonly ErrorCode[]): ErrorCode[] => {
  const { responses } = operation
  const named = Object.entries(responses).flatMap(([status, { description = '' }]) =>
    Number(status) < 400 ? [] : codesNamedIn(description),
  )
  const all = new Set([...named, ...general])
  for (const [status, response] of Object.entries(responses)) {
    if (isEmpty(response)) delete response.content
    if (response.description === swaggersOwn) response.description = STATUS_CODES[status] ?? 'done'
    response.headers = { ...refsTo(ofSuccess(key, operation)), ...withoutShared(response.headers) }
  }
  for (const [status, some] of Map.groupBy(all, (code) => codes[code].status)) {
    const failure = failureResponse(status, some, responses[status]?.description)
    responses[status] = { ...failure, headers: { ...failure.headers, ...refsTo(ofFailure(key, status)) } }
  }
  responses['default'] = fromTheWay
  return [...all]
}

const withoutShared = (described: object = {}): object => {
  const shared = new Set(Object.keys(sharedHeaders).map((name) => name.toLowerCase()))
  return Object.fromEntries(Object.entries(described).filter(([name]) => !shared.has(name.toLowerCase())))
}

/** Either of several ways is enough. */
export const securityOf = ({ scope }: Demand): Record<string, readonly string[]>[] => [
  { session: [] },
  ...(scope === undefined ? [] : [{ token: [scope] }]),
]

/** From its summary, up to the first remark: `List users` is listUsers. */
export const nameOf = (summary: string): string => {
  const [head = ''] = summary.split(/[;,(:]/)
  const [first = '', ...rest] = head.toLowerCase().match(/[a-z0-9]+/g) ?? []
  return first + rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}
