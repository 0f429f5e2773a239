import { writeFileSync } from 'node:fs'
import { loadSettings } from '@roundtrip/config'
import { expect, it, onTestFinished } from 'vitest'
import { workerStatusTopic } from '@roundtrip/worker-group'
import { joinedBuses } from '@roundtrip/worker-group/testing'
import { edgeSettings } from '../config.ts'
import { readEdgeFile } from '../settings/read-edge-file.ts'
import { SettingsInForce } from '../settings/settings-in-force.ts'
import { adminOf } from '../testing/steered-edge.ts'
import { certificateFile, keyFile, recordingLog, settingsFile } from '../testing/test-edge.ts'
import { startSteering } from './steering.ts'
import { applyTopic, workerStartedTopic, type Applied } from './topics.ts'

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
  const inForceNow = new SettingsInForce(readEdgeFile(settings))
  // Before anybody watches the file: only what the test does has it read again.
  writeFileSync(file, fileWith(2))
  const steering = await startSteering({ bus: parent, settings, log, inForce: inForceNow })
  onTestFinished(() => steering.close())
  return { inForce, workers, reload: () => adminOf(steering.listeners['admin'] ?? '')('POST', '/reload') }
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

it('reaches a worker that was told of older settings when it began to start', async () => {
  const { inForce, workers, reload } = await start([takes, takes])
  expect(await reload()).toMatchObject({ status: 200 })
  inForce[1] = 1
  workers[1]?.publish(workerStartedTopic, 0)
  await expect.poll(() => inForce).toEqual([2, 2])
})

it('reaches a worker that begins to listen in the middle of it', async () => {
  const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { inForce, workers, reload } = await start([takes, takes])
  // One is slow to answer; the other did not listen yet when it was told.
  workers[0]?.subscribe(applyTopic, async () => {
    asked()
    await released
    inForce[0] = 2
    return { later: [] }
  })
  const reloaded = reload()
  await isAsked
  inForce[1] = 1
  workers[1]?.publish(workerStartedTopic, 0)
  release()
  await reloaded
  await expect.poll(() => inForce).toEqual([2, 2])
})

it('is not told again to workers that have it', async () => {
  const { workers, reload } = await start([takes, takes])
  await reload()
  let told = 0
  workers[0]?.subscribe(applyTopic, () => ({ later: [String(told++)] }))
  workers[1]?.publish(workerStartedTopic, 1)
  // The next reload comes after whatever that has begun.
  await reload()
  expect(told).toBe(1)
})
