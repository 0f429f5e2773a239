/** Asks again as soon as there is an answer, on a number of connections (closed loop), and says how many answers there were. */
import { openLanes, type Lane } from './lanes.ts'
import { questionsFor } from './questions.ts'

const [url = '', what = 'same', connections = '1', warmUpSeconds = '1', seconds = '1'] = process.argv.slice(2)

const address = new URL(url)
const lanes = await openLanes(address, 'h1', Number(connections), questionsFor(address, what))
const from = performance.now() + Number(warmUpSeconds) * 1000
const until = from + Number(seconds) * 1000
/** Within the time that counts, and with those before and after it. */
const counts = { answers: 0, all: 0, failures: 0 }
let isUnderWay = lanes.length

const ask = (lane: Lane): void =>
  lane((isRight) => {
    const now = performance.now()
    if (!isRight) counts.failures += 1
    else counts.all += 1
    if (isRight && now >= from && now < until) counts.answers += 1
    if (now < until) ask(lane)
    else if (--isUnderWay === 0) process.stdout.write(JSON.stringify(counts), () => process.exit())
  })

for (const lane of lanes) ask(lane)
