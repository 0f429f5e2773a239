/** The description of the API (OpenAPI 3.1) out of the schemas of the routes, as `@fastify/swagger` collects them. */
import type { FastifySchema } from 'fastify'
import type { ErrorCode } from '@roundtrip/errors'
import { demandOf, type Demand } from '../auth/demands.ts'
import { keepingByRoute } from '../http/cache-control.ts'
import { componentsOf } from './components.ts'
import { generalFailures } from './failures.ts'
import { withNames } from './named-schemas.ts'
import { completeResponses, nameOf, securityOf, type Operation } from './operations.ts'

interface DescribedRoute {
  readonly method: string | readonly string[]
  readonly onRequest?: unknown
}

/** What is known of a route and does not stand in its schema. */
interface Facts {
  readonly general: readonly ErrorCode[]
  readonly demand: Demand | undefined
}

type Paths = Record<string, Record<string, Operation>>

const keyOf = (method: string, url: string): string => `${method.toUpperCase()} ${url.replaceAll(/:(\w+)/g, '{$1}')}`

/** Addresses that are kept for clients of before. */
const deprecated: ReadonlySet<string> = new Set(['/user/v1/list'])

/** Nobody has to be somebody there, but it makes a difference. */
const forVisitorsToo = /^\/api\/(?:cart|orders)(?:\/|$)/

export class Description {
  readonly #facts = new Map<string, Facts>()

  /** Notes what a route asks for. */
  readonly note = (route: DescribedRoute, schema: FastifySchema, url: string): void => {
    for (const method of [route.method].flat()) {
      const demand = demandOf(route.onRequest)
      const isShared = method === 'GET' && (keepingByRoute[url] ?? 'nobody') !== 'nobody'
      const general = generalFailures({ method, schema, isShared, demand })
      this.#facts.set(keyOf(method, url), { demand, general })
    }
  }

  /** The whole document, out of what the schemas gave. */
  readonly complete = <T extends object>(document: T): T => {
    const paths = withNames('paths' in document ? document.paths : {}) as Paths
    const used = new Set<ErrorCode>()
    const taken = new Map<string, number>()
    for (const [url, operations] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const key = keyOf(method, url)
        for (const code of this.#completeOne(key, url, operation)) used.add(code)
        const name = operation.operationId ?? ''
        const count = (taken.get(name) ?? 0) + 1
        taken.set(name, count)
        if (count > 1) operation.operationId = `${name}${count}`
      }
    }
    return { ...document, paths, components: componentsOf(used) }
  }

  #completeOne(key: string, url: string, operation: Operation): ErrorCode[] {
    const facts = this.#facts.get(key)
    operation.operationId = nameOf(operation.summary ?? key)
    operation.tags ??= [/^\/api\/([a-z]+)/.exec(url)?.[1] ?? 'users']
    if (deprecated.has(url)) operation.deprecated = true
    if (facts?.demand !== undefined) operation.security = securityOf(facts.demand)
    else if (forVisitorsToo.test(url)) operation.security = [{}, ...securityOf({ role: 'customer', scope: 'shop' })]
    return completeResponses(key, operation, facts?.general ?? [])
  }
}
