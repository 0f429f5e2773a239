import { writeFileSync } from 'node:fs'
import { loadSettings } from '@roundtrip/config'
import { expect, it, onTestFinished } from 'vitest'
import { workerStatusTopic } from '@roundtrip/worker-group'
import { joinedBuses } from '@roundtrip/worker-group/testing'
import { edgeSettings } from '../config.ts'
import { readEdgeFile } from '../settings/read-edge-file.ts'
import { adminOf } from '../testing/steered-edge.ts'
import { certificateFile, keyFile, recordingLog, settingsFile } from '../testing/test-edge.ts'
import { startSteering } from './steering.ts'
import { applyTopic, type Applied } from './topics.ts'

const fileWith = (slowRequestMs: number): string => JSON.stringify({ pools: { web: {} }, limits: { slowRequestMs } })

/** Workers that do as the test says, and note what they have. */
const start = async (answers: readonly ((slowRequestMs: number) => Applied)[]) => {
  const file = settingsFile({})
  writeFileSync(file, fileWith(1))
  const settings = loadSettings('EDGE', edgeSettings, {
    EDGE_ADMIN_PORT: '0',
    EDGE_CERTIFICATE_FILE: certificateFile,
    EDGE_KEY_FILE: keyFile,
    EDGE_SETTINGS_FILE: file,
  })
  const { parent, workers } = joinedBuses(answers.length)
  const inForce = answers.map(() => 1)
  for (const [index, answer] of answers.entries()) {
    workers[index]?.subscribe(applyTopic, ({ limits: { slowRequestMs } }) => {
      const applied = answer(slowRequestMs)
      if (applied.problem === undefined) inForce[index] = slowRequestMs
      return applied
    })
  }
  const ready = { pid: 1, state: 'ready' as const, uptimeMs: 1, crashes: 0 }
  parent.subscribe(workerStatusTopic, () => answers.map((_answer, index) => ({ ...ready, slot: index + 1 })))
  const { log } = recordingLog()
  const steering = await startSteering({ bus: parent, settings, log, file: readEdgeFile(settings) })
  onTestFinished(() => steering.close())
  writeFileSync(file, fileWith(2))
  return { inForce, reload: () => adminOf(steering.listeners['admin'] ?? '')('POST', '/reload') }
}

const takes = (): Applied => ({ later: [] })

const takesLater = (): Applied => ({ later: ['cache'] })

const fails = (): Applied => {
  throw new Error('a bug')
}

it('reaches all workers, and names each part that waits once', async () => {
  const { inForce, reload } = await start([takes, takesLater, takesLater])
  expect(await reload()).toEqual({ status: 200, content: { workers: 3, later: ['cache'] } })
  expect(inForce).toEqual([2, 2, 2])
})

it('is taken back everywhere when one worker refuses', async () => {
  const { inForce, reload } = await start([takes, () => ({ later: [], problem: 'no such file here' })])
  expect(await reload()).toMatchObject({ status: 422, content: { detail: 'no such file here' } })
  expect(inForce).toEqual([1, 1])
})

it('is taken back everywhere when one worker does not answer', async () => {
  const { inForce, reload } = await start([takes, fails])
  expect(await reload()).toMatchObject({ content: { detail: expect.stringMatching(/Only 1 of 2 workers/) } })
  expect(inForce).toEqual([1, 1])
})
