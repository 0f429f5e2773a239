/** One request as the shop sees it: how long it may take, how new what it reads must be, and where its time goes. */
import { parseRequestTimeout, requestTimeoutField } from '@roundtrip/http'
import type { Lsn, SessionPosition } from '@roundtrip/postgres'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { callOffSignal } from './call-off.ts'
import { timingsOf } from './request-context.ts'
import type { AppServer } from './server.ts'
import { VisitorPosition, type Audience } from './session-position.ts'
import type { Clock, Timings } from './timings.ts'

/** Handed on as it is to whatever takes a signal and a deadline: `database.write(work, visit)`. */
export interface Visit {
  readonly timings: Timings
  /** On the clock of `performance.now()`. */
  readonly deadlineMs: number
  /** Aborts when the client has gone away, or the deadline has passed. */
  readonly signal: AbortSignal
  /** What reads must see: all that this visitor has written, and what they have read since. */
  readonly position: Lsn | undefined
  /** As far as anybody is shown it. Who has one is not served from caches, for caches do not know what it was that they saw. */
  readonly sharedPosition: Lsn | undefined
  /** Whether a cache on the way asks past all that may be older than a second, as our edges do after a purge (RFC 9111 §5.2.1). */
  readonly asksPastMemory: boolean
  /**
   * To be called after each commit: the visitor's next requests see it.
   * @param lsn of the commit
   * @param audience who is shown what was written; default `anybody`. For a minute the visitor is then served past shared caches
   */
  wrote(lsn: Lsn, audience?: Audience): void
  /**
   * To be called after each read of somebody who has a position: their next requests see nothing older.
   * @param lsn before which all stands that was read
   */
  saw(lsn: Lsn): void
}

export interface VisitOptions {
  readonly positions: SessionPosition
  /** Longest time from the request to its answer; the tier in front may leave less. */
  readonly requestTimeoutMs: number
  readonly clock: Clock
}

class RequestVisit implements Visit {
  readonly timings: Timings
  deadlineMs: number
  readonly visitor: VisitorPosition
  readonly #request: FastifyRequest
  readonly #reply: FastifyReply
  readonly #clock: Clock
  readonly #timeoutMs: number
  #signal: AbortSignal | undefined

  constructor(request: FastifyRequest, reply: FastifyReply, { positions, requestTimeoutMs, clock }: VisitOptions) {
    this.timings = timingsOf(request)
    this.#timeoutMs = Math.min(requestTimeoutMs, timeoutInFront(request) ?? Infinity)
    this.deadlineMs = clock() + this.#timeoutMs
    this.visitor = new VisitorPosition(request, positions)
    this.#request = request
    this.#reply = reply
    this.#clock = clock
  }

  get signal(): AbortSignal {
    return (this.#signal ??= callOffSignal(this.#reply.raw, () => this.deadlineMs - this.#clock()))
  }

  /** The whole request is there: only now the time for the answer begins, for a slow upload is not our work. */
  received(): void {
    this.deadlineMs = this.#clock() + this.#timeoutMs
  }

  get position(): Lsn | undefined {
    return this.visitor.of('visitor')
  }

  get sharedPosition(): Lsn | undefined {
    return this.visitor.of('anybody')
  }

  get asksPastMemory(): boolean {
    const { 'cache-control': asked } = this.#request.headers
    return asked !== undefined && /\b(?:no-cache|no-store|max-age=[01](?!\d))/i.test(asked)
  }

  wrote(lsn: Lsn, audience: Audience = 'anybody'): void {
    this.visitor.wrote(lsn, audience)
  }

  saw(lsn: Lsn): void {
    this.visitor.saw(lsn)
  }
}

/** The tier in front may leave less time than our own settings. */
const timeoutInFront = ({ headers }: FastifyRequest): number | undefined => {
  const { [requestTimeoutField]: given } = headers
  return parseRequestTimeout(typeof given === 'string' ? given : undefined)
}

const visitKey = 'visit'

export const visits = (app: AppServer, options: VisitOptions): void => {
  app.decorateRequest(visitKey)
  app.addHook('onRequest', (request, reply, done) => {
    request.setDecorator<RequestVisit>(visitKey, new RequestVisit(request, reply, options))
    done()
  })
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.body !== undefined) request.getDecorator<RequestVisit>(visitKey).received()
    done()
  })
  app.addHook('onSend', (request, reply, _payload, done) => {
    request.getDecorator<RequestVisit>(visitKey).visitor.handOut(reply)
    done()
  })
}

export const visitOf = (request: FastifyRequest): Visit => request.getDecorator<RequestVisit>(visitKey)
