/**
 * Asks at a set rate, whatever the answers do (open loop): arrivals are Poisson, and a time begins when its request was due, not
 * when a connection became free for it, so nobody gains by standing still (no coordinated omission). Never sleeps, as timers are
 * a millisecond coarse. Several addresses, with commas between, are asked in turn. Says all times, in microseconds.
 */
import { openLanes, type Lane } from './lanes.ts'
import { questionsFor } from './questions.ts'

const [
  urls = '',
  protocol = 'h1',
  connections = '1',
  perSecond = '1',
  warmUpSeconds = '1',
  seconds = '1',
  what = 'same',
] = process.argv.slice(2)

/** A server that was held up by somebody else's work for a moment may make good for it. */
const graceMs = 5000
const meanGapMs = 1000 / Number(perSecond)
const addresses = urls.split(',').map((url) => new URL(url)) as [URL, ...URL[]]
/** The same ones for all, so that nothing is asked twice. */
const questions = questionsFor(addresses[0], what)

interface Target {
  readonly free: Lane[]
  /** When they were due. */
  readonly waiting: number[]
}

const targets: readonly Target[] = await Promise.all(
  addresses.map(async (address) => {
    const lanes = Math.ceil(Number(connections) / addresses.length)
    return { free: await openLanes(address, protocol === 'h2' ? 'h2' : 'h1', lanes, questions), waiting: [] }
  }),
)

interface Samples {
  /** Milliseconds; those of the warm-up lie before `from`. */
  readonly due: Float64Array
  readonly us: Float64Array
  count: number
}

/** Room for all at once, as what grows is copied while somebody waits. Poisson hardly ever gives a tenth more. */
const samples = (): Samples => {
  const room = Math.ceil(Number(perSecond) * (Number(warmUpSeconds) + Number(seconds)) * 1.1) + 1000
  return { due: new Float64Array(room), us: new Float64Array(room), count: 0 }
}

/** From the first request on: code that first runs when the warm-up is over is compiled when it is over. */
const record = (into: Samples, due: number, now: number): void => {
  into.due[into.count] = due
  into.us[into.count] = Math.round((now - due) * 1000)
  into.count += 1
}

const measured = ({ due, us, count }: Samples): number[] =>
  [...us.subarray(0, count)].filter((_, i) => (due[i] ?? 0) >= from)

const times = samples()
const lags = samples()
let failures = 0
let asked = 0
let answered = 0

const start = performance.now()
const from = start + Number(warmUpSeconds) * 1000
const until = from + Number(seconds) * 1000
let nextDue = start

const ask = (target: Target, lane: Lane, due: number): void => {
  lane((isRight) => {
    answered += 1
    if (!isRight) failures += 1
    record(times, due, performance.now())
    const next = target.waiting.shift()
    if (next === undefined) target.free.push(lane)
    else ask(target, lane, next)
  })
}

const askWhatIsDue = (now: number): void => {
  while (nextDue <= now && nextDue < until) {
    const target = targets[asked % targets.length] as Target
    asked += 1
    const lane = target.free.pop()
    if (lane === undefined) target.waiting.push(nextDue)
    else {
      record(lags, nextDue, now)
      ask(target, lane, nextDue)
    }
    nextDue -= Math.log(1 - Math.random()) * meanGapMs
  }
}

const loop = (): void => {
  const now = performance.now()
  askWhatIsDue(now)
  const isOver = nextDue >= until && (answered === asked || now > until + graceMs)
  if (!isOver) return void setImmediate(loop)
  const said = { timesUs: measured(times), lagsUs: measured(lags), failures, unanswered: asked - answered }
  process.stdout.write(JSON.stringify(said), () => process.exit())
}
loop()
