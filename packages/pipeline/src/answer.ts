/** Answers that are there, answers that are not yet, and how layers go on with either. */
import { Later, type Work } from './later.ts'

/** What was asked for, or the promise of it: whoever has it at hand need not make anybody wait. */
export type Answer<Res> = Res | Promise<Res> | Later<Res>

/** Whether an answer has to be waited for. */
export const isPending = <Res>(answer: Answer<Res>): answer is Promise<Res> | Later<Res> =>
  answer instanceof Promise || answer instanceof Later

/** The one object in which an answer travels on. It is the caller's no more. */
export const later = <Res>(answer: Promise<Res> | Later<Res>): Later<Res> =>
  answer instanceof Later ? answer : new Later(answer)

/**
 * For layers that have something to do with an answer: in the same turn when it is there, which spares each of them a
 * promise. A failure passes by.
 *
 * @param about what `work` is told beside the answer, and `also`: a function that closes over them is made for each request
 */
export const whenAnswered = <Res, Out, A = undefined, B = undefined>(
  answer: Answer<Res>,
  work: Work<Res, Out, A, B>,
  about?: A,
  also?: B,
): Answer<Out> =>
  isPending(answer) ? later(answer).after(work, undefined, about as A, also as B) : work(answer, about as A, also as B)

/**
 * Asks, and goes on with the answer by `work` or with a failure by `rescue`, be it thrown at once or later. Both are told
 * what it is about.
 */
export const whenOver = <Req, Res, Ctx, Out, A>(
  ask: (request: Req, context: Ctx) => Answer<Res>,
  request: Req,
  context: Ctx,
  work: Work<Res, Out, A, undefined>,
  rescue: Work<unknown, Out, A, undefined>,
  about: A,
): Answer<Out> => {
  let answer: Answer<Res>
  try {
    answer = ask(request, context)
  } catch (error) {
    return rescue(error, about, undefined)
  }
  return isPending(answer) ? later(answer).after(work, rescue, about, undefined) : work(answer, about, undefined)
}
