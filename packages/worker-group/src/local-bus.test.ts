import { recordingLog } from '@roundtrip/http/testing'
import { expect, it } from 'vitest'
import { LocalBus } from './local-bus.ts'
import { topic } from './worker-bus.ts'

const double = topic<number, number>('test.double')

it('asks and tells the one process there is', async () => {
  const bus = new LocalBus(recordingLog())
  const told: number[] = []
  expect(await bus.request(double, 1)).toEqual([])
  const unsubscribe = bus.subscribe(double, (number) => {
    told.push(number)
    return number * 2
  })
  expect(await bus.request(double, 21)).toEqual([42])
  bus.publish(double, 7)
  expect(told).toEqual([21, 7])
  unsubscribe()
  expect(await bus.request(double, 1)).toEqual([])
})

it('leaves out who fails, and says why in the log', async () => {
  const log = recordingLog()
  const bus = new LocalBus(log)
  bus.subscribe(double, () => {
    throw new Error('no')
  })
  expect(await bus.request(double, 1)).toEqual([])
  expect(log.lines).toMatchObject([{ level: 'error', facts: { topic: 'test.double' } }])
})

it('leaves out who does not reply in time', async () => {
  const bus = new LocalBus(recordingLog())
  bus.subscribe(double, () => new Promise<number>(() => undefined))
  expect(await bus.request(double, 1, { timeoutMs: 1 })).toEqual([])
})
