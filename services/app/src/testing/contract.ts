/** For tests only: holds each answer of the applications that a test file starts against what `/openapi.json` says of it. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { afterAll, beforeAll, expect } from 'vitest'

interface Described {
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Readonly<Record<string, unknown>>
}
type Operations = Readonly<Record<string, { readonly responses: Readonly<Record<string, Described>> }>>
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Operations>>
}

export interface Contract {
  /** `GET /api/products/{id}` of all routes that are not hidden from the description. */
  readonly routes: ReadonlySet<string>
  /** Those that are. */
  readonly hidden: ReadonlySet<string>
  /** `GET /api/products/{id} 200` of all answers. */
  readonly answers: ReadonlySet<string>
  document(): ApiDocument
}

/** Fields that a client acts on: one that is sent must be described. */
const described = [
  ['etag', 'location', 'link', 'retry-after', 'www-authenticate', 'accept-patch', 'set-cookie'],
  ['idempotency-replayed', 'x-session-position', 'x-request-id'],
].flat()

const keyOf = (method: string, url: string): string => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`

/** An answer must not have fields of which nothing is said. */
const closed = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(closed)
  const inner: Record<string, unknown> = Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, closed(one)]),
  )
  const isOpen = inner['type'] === 'object' && 'properties' in inner && !('additionalProperties' in inner)
  return isOpen ? { ...inner, additionalProperties: false } : inner
}

class Answers implements Contract {
  readonly routes = new Set<string>()
  readonly hidden = new Set<string>()
  readonly answers = new Set<string>()
  readonly violations = new Set<string>()
  readonly #payloads = new WeakMap<FastifyRequest, unknown>()
  readonly #validators = new Map<string, ValidateFunction>()
  #ajv: Ajv2020 | undefined
  #document: ApiDocument | undefined

  readonly onInstance = (message: unknown): void => {
    const { fastify } = message as { readonly fastify: FastifyInstance }
    fastify.addHook('onRoute', (route) => this.#note(route))
    fastify.addHook('onSend', async (request, _reply, payload) => void this.#payloads.set(request, payload))
    fastify.addHook('onResponse', async (request, reply) => {
      if (!fastify.hasDecorator('swagger') || request.is404) return
      this.#document ??= JSON.parse(JSON.stringify(fastify.swagger())) as ApiDocument
      const problem = this.#check(request, reply)
      if (problem !== undefined) this.violations.add(problem)
    })
  }

  document(): ApiDocument {
    if (this.#document === undefined) throw new Error('nothing has been asked yet')
    return this.#document
  }

  #note({ method, url, schema }: RouteOptions): void {
    for (const each of [method].flat()) {
      if (each === 'HEAD') continue
      const isHidden = schema?.hide === true
      ;(isHidden ? this.hidden : this.routes).add(keyOf(each, url))
    }
  }

  #check(request: FastifyRequest, reply: FastifyReply): string | undefined {
    const url = request.routeOptions.url ?? ''
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const key = keyOf(method, url)
    if (this.hidden.has(key)) return undefined
    const path = key.slice(method.length + 1)
    const status = String(reply.statusCode)
    const what = `${key} ${status}`
    this.answers.add(what)
    const response = this.document().paths[path]?.[method.toLowerCase()]?.responses[status]
    if (response === undefined) return `${what} is not described: ${String(this.#payloads.get(request))}`
    const names = new Set(Object.keys(response.headers ?? {}).map((name) => name.toLowerCase()))
    const untold = described.filter((name) => reply.hasHeader(name) && !names.has(name))
    if (untold.length > 0) return `${what} has ${untold.join(', ')}, of which nothing is said`
    const place = ['paths', path, method.toLowerCase(), 'responses', status, 'content']
    return this.#checkContent(what, place, response, request, reply)
  }

  #checkContent(
    what: string,
    place: readonly string[],
    { content = {} }: Described,
    request: FastifyRequest,
    reply: FastifyReply,
  ): string | undefined {
    const payload = this.#payloads.get(request)
    if (typeof payload !== 'string' || payload === '' || request.method === 'HEAD') return undefined
    const type = String(reply.getHeader('content-type')).replace(/;.*/, '')
    if (!(type in content)) return `${what} is ${type}, described are ${Object.keys(content).join(', ') || 'none'}`
    if (!type.endsWith('json')) return undefined
    const validate = this.#validator([...place, type, 'schema'])
    if (validate(JSON.parse(payload))) return undefined
    return `${what} is not as described: ${JSON.stringify(validate.errors)} in ${payload}`
  }

  #validator(place: readonly string[]): ValidateFunction {
    const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
    this.#ajv ??= new Ajv2020({ strict: false, validateFormats: false }).addSchema(
      closed(this.document()) as object,
      'openapi',
    )
    const known = this.#validators.get(pointer) ?? this.#ajv.compile({ $ref: `openapi#/${pointer}` })
    this.#validators.set(pointer, known)
    return known
  }
}

/** Called at the top of a test file, before anything is started. After its tests it fails when an answer was not as described. */
export const useContract = (): Contract => {
  const contract = new Answers()
  beforeAll(() => subscribe('fastify.initialization', contract.onInstance))
  afterAll(() => {
    unsubscribe('fastify.initialization', contract.onInstance)
    expect([...contract.violations]).toEqual([])
  })
  return contract
}
