/**
 * Asks at a set rate, whatever the answers do (open loop): arrivals are Poisson, and a time begins when its request was due, not
 * when a connection became free for it, so nobody gains by standing still (no coordinated omission). Never sleeps, as timers are
 * a millisecond coarse. Says all times, in microseconds.
 */
import { openLanes, type Lane } from './lanes.ts'
import { questionsFor } from './questions.ts'

const [
  url = '',
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
const address = new URL(url)
const questions = questionsFor(address, what)
const free: Lane[] = await openLanes(address, protocol === 'h2' ? 'h2' : 'h1', Number(connections), questions)
const waiting: number[] = []
const timesUs: number[] = []
const lagsUs: number[] = []
let failures = 0
let inFlight = 0

const start = performance.now()
const from = start + Number(warmUpSeconds) * 1000
const until = from + Number(seconds) * 1000
let nextDue = start

const ask = (lane: Lane, due: number): void => {
  inFlight += 1
  lane((isRight) => {
    inFlight -= 1
    if (!isRight) failures += 1
    if (due >= from) timesUs.push(Math.round((performance.now() - due) * 1000))
    const next = waiting.shift()
    if (next === undefined) free.push(lane)
    else ask(lane, next)
  })
}

const askWhatIsDue = (now: number): void => {
  while (nextDue <= now && nextDue < until) {
    const lane = free.pop()
    if (lane === undefined) waiting.push(nextDue)
    else {
      if (nextDue >= from) lagsUs.push(Math.round((now - nextDue) * 1000))
      ask(lane, nextDue)
    }
    nextDue -= Math.log(1 - Math.random()) * meanGapMs
  }
}

const loop = (): void => {
  const now = performance.now()
  askWhatIsDue(now)
  const isOver = nextDue >= until && (inFlight === 0 || now > until + graceMs)
  if (!isOver) return void setImmediate(loop)
  const unanswered = inFlight + waiting.length
  process.stdout.write(JSON.stringify({ timesUs, lagsUs, failures, unanswered }), () => process.exit())
}
loop()
