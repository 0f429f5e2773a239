import { describe, expect, it } from 'vitest'
import { RetryBudget } from './retry-budget.ts'

/** A tenth of requests, and one a second. */
const start = ({ budgetPercent = 10, budgetMinPerSecond = 1 } = {}) => {
  let nowMs = 1_000_000
  const budget = new RetryBudget(
    () => ({ budgetPercent, budgetMinPerSecond }),
    () => nowMs,
  )
  const passMs = (ms: number): void => void (nowMs += ms)
  const deposit = (times: number): void => {
    for (let i = 0; i < times; i++) budget.deposit()
  }
  const spendAll = (): number => {
    let spent = 0
    while (budget.withdraw()) spent++
    return spent
  }
  return { budget, passMs, deposit, spendAll }
}

describe('a retry budget', () => {
  it('begins with ten seconds of what is always allowed, and gets that back in as long', () => {
    const { budget, passMs, spendAll } = start()
    expect(spendAll()).toBe(10)
    passMs(3000)
    expect(budget.available).toBe(3)
    passMs(60_000)
    expect(spendAll()).toBe(10)
  })

  it('keeps what requests have saved up for ten seconds, and no longer', () => {
    const { budget, passMs, deposit } = start({ budgetMinPerSecond: 0 })
    deposit(100)
    passMs(9000)
    deposit(50)
    expect(budget.available).toBe(15)
    passMs(1000)
    expect(budget.available).toBe(5)
    passMs(9000)
    expect(budget.available).toBe(0)
  })

  it('spends what would expire first', () => {
    const { budget, passMs, deposit } = start({ budgetMinPerSecond: 0 })
    deposit(50)
    passMs(5000)
    deposit(50)
    for (let i = 0; i < 7; i++) expect(budget.withdraw()).toBe(true)
    passMs(5000)
    expect(budget.available).toBe(3)
  })

  it('has nothing of a busy time left after an idle hour', () => {
    const { passMs, deposit, spendAll } = start()
    for (let second = 0; second < 100; second++) {
      deposit(200)
      passMs(1000)
    }
    passMs(3_600_000)
    expect(spendAll()).toBe(10)
  })

  it('never has more than a thousand from requests, the latest ones', () => {
    const { passMs, deposit, spendAll, budget } = start({ budgetPercent: 100, budgetMinPerSecond: 0 })
    deposit(5000)
    passMs(5000)
    deposit(600)
    expect(budget.available).toBe(1000)
    passMs(5000)
    expect(budget.available).toBe(600)
    expect(spendAll()).toBe(600)
  })

  it('lets requests and seconds pay for a retry together', () => {
    const { deposit, passMs, spendAll } = start()
    spendAll()
    deposit(5)
    passMs(500)
    expect(spendAll()).toBe(1)
    expect(spendAll()).toBe(0)
  })
})
