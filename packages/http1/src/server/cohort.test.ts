import { setImmediate as endOfRound } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Cohort, type Member } from './cohort.ts'

const setUp = () => {
  const cohort = new Cohort()
  const steps: string[] = []
  const add = (...names: string[]): void => {
    for (const name of names) {
      const member: Member = { handle: () => steps.push(`${name} handled`), send: () => steps.push(`${name} sent`) }
      cohort.add(member)
    }
  }
  /** What was done since it was last asked. */
  const taken = (): string[] => steps.splice(0)
  const addFew = (): void => add(...Array.from({ length: 64 }, () => 'few'))
  return { add, addFew, taken }
}

it('handles as it comes what comes alone', () => {
  const { add, taken } = setUp()
  add('a')
  expect(taken()).toEqual(['a handled', 'a sent'])
})

it('gathers what comes in one round where that was worth it in the round before', async () => {
  const { add, addFew, taken } = setUp()
  addFew()
  taken()
  for (const round of [1, 2]) {
    add('a', 'b', 'c', 'd')
    expect({ round, taken: taken() }).toEqual({ round, taken: [] })
    await endOfRound()
    const inSteps = ['a handled', 'b handled', 'c handled', 'd handled', 'a sent', 'b sent', 'c sent', 'd sent']
    expect({ round, taken: taken() }).toEqual({ round, taken: inSteps })
  }
})

it('handles as it comes again once few come', async () => {
  const { add, addFew, taken } = setUp()
  addFew()
  taken()
  add('a', 'b', 'c')
  await endOfRound()
  taken()
  add('d')
  expect(taken()).toEqual(['d handled', 'd sent'])
})

it('leaves to the next round what comes while one is served', async () => {
  const cohort = new Cohort()
  const idle: Member = { handle: () => undefined, send: () => undefined }
  for (let n = 0; n < 64 + 3; n++) cohort.add(idle)
  let isLateHandled = false
  const late: Member = { ...idle, handle: () => void (isLateHandled = true) }
  cohort.add({ ...idle, send: () => cohort.add(late) })
  await endOfRound()
  expect(isLateHandled).toBe(false)
  await endOfRound()
  expect(isLateHandled).toBe(true)
})
