/** What a failover did and when, for people. */
import type { FailoverReport } from '@roundtrip/stack'
import type { Io } from '../command.ts'
import { padStart } from '../terminal/text.ts'
import { duration } from '../terminal/units.ts'

/** @returns lines without newlines */
export const failoverText = (report: FailoverReport, { colours }: Pick<Io, 'colours'>): string[] => {
  const { from, to, lost, steps, timeline, position, writableAfterMs, writesStoppedMs, warnings } = report
  const times = steps.map(({ atMs }) => `${atMs} ms`)
  const width = Math.max(...times.map((time) => time.length))
  return [
    colours.bold(`${to} is the primary now, on timeline ${timeline} from ${position}.`),
    '',
    ...steps.map(({ what }, index) => `  ${colours.dim(padStart(times[index] ?? '', width))}  ${what}`),
    '',
    `First good write ${duration(writableAfterMs)} after the promotion; nobody could write for ${duration(writesStoppedMs)}.`,
    lost === 'nothing'
      ? colours.green('No acknowledged change is lost.')
      : colours.red(`What ${from} had acknowledged and not yet sent is lost.`),
    ...warnings.map((warning) => colours.yellow(warning)),
  ]
}
