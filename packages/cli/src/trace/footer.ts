/** What stands below a waterfall: the failure, where a redirect leads, how the tiers' times are to be read. */
import { printable } from './describe.ts'
import { wrap } from './flow.ts'
import type { Trace } from './trace.ts'
import type { View } from './view.ts'

/** The failure as a sentence, marked where colours are missing. */
export const failureLines = ({ failure }: Trace, { colours, unicode, width }: View): string[] => {
  if (failure === undefined) return []
  const mark = unicode ? '✗' : 'x'
  return wrap(`${mark} ${failure.message}`, width).map((line) => colours.red(line))
}

/** @param redirect where the response points to */
export const footer = (trace: Trace, redirect: string | undefined, view: View): string[] => {
  const { colours, width } = view
  const requestId = trace.response?.fields.get('x-request-id')
  const notes = [
    ...(trace.serverTiming.length === 0
      ? []
      : [
          'The tiers reported their own times (Server-Timing); with clocks of their own, each is centred in the one around it.',
        ]),
    `trace ${trace.request.traceId}`,
    ...(requestId === undefined ? [] : [`request ${printable(requestId)}`]),
  ]
  return [
    ...(redirect === undefined ? [] : wrap(`Redirect, not followed: roundtrip trace ${redirect}`, width)),
    ...notes.flatMap((note) => wrap(note, width)).map((line) => colours.dim(line)),
  ]
}
