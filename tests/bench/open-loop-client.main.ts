/**
 * Asks at a set rate, whatever the answers do (open loop): arrivals are Poisson, and a time begins when its request was due, not
 * when a connection became free for it, so nobody gains by standing still (no coordinated omission). Never sleeps while it
 * looks, as timers are a millisecond coarse. Each message says what to ask and how long, each answer what was seen; connections
 * and compiled code are kept between them.
 */
import { openLanes, type Lane } from './lanes.ts'
import type { Look, Seen } from './open-loop.ts'
import { questionsFor } from './questions.ts'

/** A server that was held up by somebody else's work for a moment may make good for it. */
const graceMs = 5000

interface Target {
  readonly free: Lane[]
  /** When they were due. */
  readonly waiting: number[]
}

const targetsBefore = new Map<string, readonly Target[]>()

/** The same questions for all addresses, so that nothing is asked twice. */
const connect = ({ urls, protocol, connections, questions: what }: Look): Promise<Target[]> => {
  const addresses = urls.map((url) => new URL(url)) as [URL, ...URL[]]
  const questions = questionsFor(addresses[0], what)
  const lanes = Math.ceil(connections / addresses.length)
  return Promise.all(
    addresses.map(async (address) => ({ free: await openLanes(address, protocol, lanes, questions), waiting: [] })),
  )
}

const keyOf = ({ urls, protocol, connections, questions }: Look): string =>
  JSON.stringify([urls, protocol, connections, questions])

const targetsFor = async (look: Look): Promise<readonly Target[]> => {
  const key = keyOf(look)
  const targets = targetsBefore.get(key) ?? (await connect(look))
  targetsBefore.set(key, targets)
  return targets
}

/** Times, in room that is there from the start and kept for the next look, as what grows is copied while somebody waits. */
class Samples {
  /** Milliseconds; those before the seconds that count are told apart by it. */
  #due = new Float64Array(0)
  #us = new Float64Array(0)
  #count = 0

  clear(room: number): void {
    this.#count = 0
    if (this.#due.length >= room) return
    this.#due = new Float64Array(room)
    this.#us = new Float64Array(room)
  }

  record(due: number, now: number): void {
    this.#due[this.#count] = due
    this.#us[this.#count] = Math.round((now - due) * 1000)
    this.#count += 1
  }

  /** Microseconds of those that were due from then on. */
  since(from: number): number[] {
    return [...this.#us.subarray(0, this.#count)].filter((_, index) => (this.#due[index] ?? 0) >= from)
  }
}

const times = new Samples()
const lags = new Samples()

class Looking {
  readonly #targets: readonly Target[]
  readonly #done: (seen: Seen) => void
  readonly #meanGapMs: number
  readonly #from: number
  readonly #until: number
  #nextDue: number
  #asked = 0
  #answered = 0
  #failures = 0

  constructor({ perSecond, settleSeconds, seconds }: Look, targets: readonly Target[], done: (seen: Seen) => void) {
    // Poisson hardly ever gives a tenth more.
    const room = Math.ceil(perSecond * (settleSeconds + seconds) * 1.1) + 1000
    times.clear(room)
    lags.clear(room)
    this.#targets = targets
    this.#done = done
    this.#meanGapMs = 1000 / perSecond
    this.#nextDue = performance.now()
    this.#from = this.#nextDue + settleSeconds * 1000
    this.#until = this.#from + seconds * 1000
  }

  readonly loop = (): void => {
    const now = performance.now()
    this.#askWhatIsDue(now)
    const isOver = this.#nextDue >= this.#until && (this.#answered === this.#asked || now > this.#until + graceMs)
    if (!isOver) return void setImmediate(this.loop)
    this.#done({
      timesUs: times.since(this.#from),
      lagsUs: lags.since(this.#from),
      failures: this.#failures,
      unanswered: this.#asked - this.#answered,
    })
  }

  #askWhatIsDue(now: number): void {
    while (this.#nextDue <= now && this.#nextDue < this.#until) {
      const target = this.#targets[this.#asked % this.#targets.length] as Target
      this.#asked += 1
      const lane = target.free.pop()
      if (lane === undefined) target.waiting.push(this.#nextDue)
      else {
        lags.record(this.#nextDue, now)
        this.#ask(target, lane, this.#nextDue)
      }
      this.#nextDue -= Math.log(1 - Math.random()) * this.#meanGapMs
    }
  }

  #ask(target: Target, lane: Lane, due: number): void {
    lane((isRight) => {
      this.#answered += 1
      if (!isRight) this.#failures += 1
      times.record(due, performance.now())
      const next = target.waiting.shift()
      if (next === undefined) target.free.push(lane)
      else this.#ask(target, lane, next)
    })
  }
}

process.on('disconnect', () => process.exit())
process.on('message', (look: Look) => {
  const done = (seen: Seen): void => {
    // A connection that brought no answer, or a wrong one, may be good for nothing any more.
    if (seen.failures + seen.unanswered > 0) targetsBefore.delete(keyOf(look))
    process.send?.(seen)
  }
  void targetsFor(look).then((targets) => new Looking(look, targets, done).loop())
})
