import { recordingLog } from '@roundtrip/http/testing'
import { healthTopic } from '@roundtrip/worker-group'
import { joinedBuses } from '@roundtrip/worker-group/testing'
import { expect, it } from 'vitest'
import { instanceHealth } from './serve.ts'
import { workAlone, workInGroup } from './workplace.ts'

it('is an address for a process that is alone', () => {
  const workplace = workAlone(recordingLog())
  expect(workplace.source('::1', 8201)).toEqual({ host: '::1', port: 8201 })
  expect(workplace.count).toBe(1)
})

it('is an inherited socket for a worker, whatever the address', async () => {
  const listeners: ((message: unknown) => void)[] = []
  const joining = workInGroup(
    { on: (_event, listener) => listeners.push(listener), send: () => undefined },
    recordingLog(),
  )
  listeners[0]?.({ type: 'assignment', slot: 2, sockets: { http: [[4], [5], [6]] }, briefing: { count: 3 } })
  const workplace = await joining
  expect(workplace.source('localhost', 8201)).toEqual({ host: '127.0.0.1', fd: 5 })
  expect(workplace.count).toBe(3)
})

it('answers for all who share it, also while one takes the place of another', async () => {
  const { workers } = joinedBuses(2)
  const ready = { ready: true, checks: {} }
  const leaving = { ready: false, checks: { draining: 'yes' } }
  workers[0]?.subscribe(healthTopic, () => leaving)
  workers[1]?.subscribe(healthTopic, () => ready)
  const own = { health: async () => ({ ...leaving, started: true }), retire: () => undefined }
  const alone = workAlone(recordingLog())
  expect(await instanceHealth(alone, own)()).toMatchObject({ ready: false })
  const shared = { ...alone, bus: workers[0] ?? alone.bus, isShared: true }
  expect(await instanceHealth(shared, own)()).toMatchObject({ ready: true, checks: { workers: '1 of 1' } })
})
