/** Clients write and read through the edge while the stack is broken in many ways: no promise of the shop may break with it. */
import { expect, test } from 'vitest'
import { describeAnomaly } from './anomaly.ts'
import { checkHistory } from './check-history.ts'
import { run } from './run.ts'
import { summaryOf } from './summary.ts'

const { ROUNDTRIP_HISTORY_SECONDS: seconds = '20', ROUNDTRIP_HISTORY_SEED: seed = String(Date.now() % 1_000_000) } =
  // oxlint-disable-next-line node/no-process-env -- how long, and which one again, is said on the command line
  process.env

const setUpMs = 120_000

test(
  'no acknowledged write is missing, none is doubled, no session sees its own past',
  async () => {
    const options = { seed: Number(seed), seconds: Number(seconds), sessions: 8 }
    const { history, struck } = await run(options)
    const anomalies = checkHistory(history)
    console.log([`seed ${seed}`, ...summaryOf(history, struck)].join('\n'))
    expect(anomalies.slice(0, 10).map(describeAnomaly), `seed ${seed}, ${anomalies.length} anomalies`).toEqual([])
  },
  Number(seconds) * 1000 + setUpMs,
)
