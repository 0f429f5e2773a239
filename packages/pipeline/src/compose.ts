/** The one idea of the project: an ordered list of layers around one terminal handler. */
import { whenAnswered, type Answer } from './answer.ts'
import type { OpenVisit, Passage } from './passage.ts'

/** Answers a request. Rejects or throws an error that some outer layer turns into a response. */
export type Handler<Req, Res, Ctx> = (request: Req, context: Ctx) => Answer<Res>

/**
 * Wraps a handler in another. `next` may be called never (the layer answers itself), once, or again
 * (retry, background revalidation); what it passes on is explicit, never global.
 */
export type Layer<Req, Res, Ctx> = (next: Handler<Req, Res, Ctx>) => Handler<Req, Res, Ctx>

/**
 * A layer that has something to do with every answer, and nothing before it. It is told what was asked, which spares it a
 * closure for each request.
 */
export const onAnswer =
  <Req, Res, Ctx>(work: (response: Res, request: Req, context: Ctx) => Answer<Res>): Layer<Req, Res, Ctx> =>
  (next) =>
  (request, context) =>
    whenAnswered(next(request, context), work, request, context)

/** A layer under the name by which traces, logs and documentation know it. */
export type NamedLayer<Req, Res, Ctx> = readonly [name: string, layer: Layer<Req, Res, Ctx>]

/** The innermost handler under its name. */
export type NamedHandler<Req, Res, Ctx> = readonly [name: string, handler: Handler<Req, Res, Ctx>]

/** What `compose` needs of a context: somewhere to note who ran, for how long, and who answered. */
export interface Observed {
  readonly passage?: Passage | undefined
}

/**
 * Folds an ordered list of layers, outermost first, around a terminal handler.
 * Timing and "who answered" are noted here and only here, so layers need not know that anybody watches.
 */
export const compose = <Req, Res, Ctx extends Observed>(
  layers: readonly NamedLayer<Req, Res, Ctx>[],
  terminal: NamedHandler<Req, Res, Ctx>,
): Handler<Req, Res, Ctx> =>
  layers.reduceRight(
    (next, [name, layer], depth) => observe(name, depth, layer(next)),
    observe(terminal[0], layers.length, terminal[1]),
  )

/** Costs one comparison where nobody watches: whole pipelines then run without a promise of ours. */
const observe =
  <Req, Res, Ctx extends Observed>(
    name: string,
    depth: number,
    handler: Handler<Req, Res, Ctx>,
  ): Handler<Req, Res, Ctx> =>
  (request, context) => {
    const { passage } = context
    return passage === undefined
      ? handler(request, context)
      : note(passage.enter(name, depth), handler, request, context)
  }

const note = async <Req, Res, Ctx>(
  visit: OpenVisit,
  handler: Handler<Req, Res, Ctx>,
  request: Req,
  context: Ctx,
): Promise<Res> => {
  try {
    const response = await handler(request, context)
    visit.leave('answered', response)
    return response
  } catch (error) {
    visit.leave('failed')
    throw error
  }
}
