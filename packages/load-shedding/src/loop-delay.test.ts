import { expect, it } from 'vitest'
import { LoopDelay } from './loop-delay.ts'

const start = () => {
  let now = 0
  let sample: (() => void) | undefined
  let isStopped = false
  const loop = new LoopDelay(
    () => now,
    (callback) => {
      sample = callback
      return () => void (isStopped = true)
    },
  )
  /** One turn that comes so much later than it should. */
  const turn = (lateMs: number): number => {
    now += 50 + lateMs
    sample?.()
    return loop.delayMs
  }
  return { loop, turn, isStopped: () => isStopped }
}

it('is what every turn has been late lately: not a single pause, however long', () => {
  const { turn } = start()
  expect([turn(5000), turn(0), turn(0)]).toEqual([0, 0, 0])
  expect([turn(300), turn(200), turn(400), turn(400)]).toEqual([0, 0, 200, 200])
  expect(turn(10)).toBe(10)
})

it('is not measured any more once closed', () => {
  const { loop, isStopped } = start()
  loop.close()
  expect(isStopped()).toBe(true)
})
