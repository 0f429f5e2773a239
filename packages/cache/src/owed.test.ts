import { describe, expect, it } from 'vitest'
import { everything, mostOwed, OwedInvalidations } from './owed.ts'

const start = () => {
  const told: [string, string][][] = []
  const failing = { next: false }
  const owed = new OwedInvalidations(async (stamps) => {
    if (failing.next) throw new Error('away')
    told.push([...stamps])
  })
  return { told, failing, owed }
}

describe('what is owed to Redis', () => {
  it('is told at once when it can be, each tag with its latest stamp', async () => {
    const { owed, told } = start()
    owed.add(['a', 'b'], '02')
    owed.add(['a'], '01')
    await Promise.all([owed.pay(), owed.pay()])
    expect(told).toEqual([
      [
        ['a', '02'],
        ['b', '02'],
      ],
    ])
    expect(owed.size).toBe(0)
  })

  it('stays owed when telling fails', async () => {
    const { owed, told, failing } = start()
    failing.next = true
    owed.add(['a'], '01')
    await expect(owed.pay()).rejects.toThrow('away')
    expect([owed.size, owed.latest(['a', 'b']), owed.latest(['b'])]).toEqual([1, '01', undefined])
    failing.next = false
    await owed.pay()
    expect(told).toEqual([[['a', '01']]])
  })

  it('is not forgotten when it changes while it is told', async () => {
    const gate = Promise.withResolvers<void>()
    const told: string[] = []
    const owed = new OwedInvalidations(async (stamps) => {
      told.push([...stamps].flat().join(' '))
      await gate.promise
    })
    owed.add(['a'], '01')
    const first = owed.pay()
    owed.add(['a'], '02')
    const second = owed.pay()
    gate.resolve()
    await Promise.all([first, second])
    expect(told).toEqual(['a 01', 'a 02'])
  })

  it('becomes one invalidation of everything when it is too much', () => {
    const { owed } = start()
    for (let i = 0; i <= mostOwed; i++) owed.add([`t${i}`], String(i).padStart(6, '0'))
    expect(owed.size).toBe(1)
    expect(owed.latest([everything])).toBe(String(mostOwed).padStart(6, '0'))
  })
})
