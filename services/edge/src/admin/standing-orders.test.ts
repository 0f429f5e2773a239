import { parseSettings } from '@roundtrip/config'
import { describe, expect, it } from 'vitest'
import { joinedBuses } from '@roundtrip/worker-group/testing'
import { edgeFile, type EdgeFile } from '../settings/edge-file.ts'
import { StandingOrders } from './standing-orders.ts'
import { memberTopic, type MemberOrder } from './topics.ts'

type DistributiveOmit<T, K extends keyof T> = T extends unknown ? Omit<T, K> : never

const member = '10.0.0.1:8080'
const ordersAfter = (...given: DistributiveOmit<MemberOrder, 'pool'>[]): string[] => {
  const orders = new StandingOrders()
  for (const one of given) orders.note({ pool: 'web', ...one })
  return orders.all.map((one) => `${one.order} ${one.member}${'weight' in one ? ` ${one.weight}` : ''}`)
}

const fileOf = (pools: object): EdgeFile => parseSettings(edgeFile, JSON.stringify({ pools }), 'edge.yaml')

describe('what operators have done to members', () => {
  it('stands until they do the opposite', () => {
    expect(ordersAfter({ order: 'drain', member }, { order: 'drain', member: '10.0.0.2:8080' })).toEqual([
      'drain 10.0.0.1:8080',
      'drain 10.0.0.2:8080',
    ])
    expect(ordersAfter({ order: 'drain', member }, { order: 'restore', member })).toEqual([])
  })

  it('is the last that they said, in the order in which they did', () => {
    const origin = `http://${member}`
    const add = { order: 'add', member: origin, weight: 1 } as const
    const weight = { order: 'weight', member, weight: 5 } as const
    expect(ordersAfter(weight, { ...weight, weight: 7 })).toEqual(['weight 10.0.0.1:8080 7'])
    expect(ordersAfter(weight, add, { order: 'drain', member })).toEqual([`add ${origin} 1`, 'drain 10.0.0.1:8080'])
    expect(ordersAfter(add, { order: 'drain', member }, { order: 'remove', member })).toEqual(['remove 10.0.0.1:8080'])
  })

  it('gives way to settings that say otherwise', () => {
    const orders = new StandingOrders()
    const members = [{ origin: `http://${member}` }]
    const before = fileOf({ web: { members }, api: { members }, old: { members } })
    for (const pool of ['web', 'api', 'old']) {
      orders.note({ order: 'weight', pool, member, weight: 5 })
      orders.note({ order: 'drain', pool, member })
    }
    orders.settingsChanged(before, fileOf({ web: { members: [{ ...members[0], weight: 2 }] }, api: { members } }))
    expect(orders.all.map(({ pool, order }) => `${pool} ${order}`)).toEqual(['web drain', 'api weight', 'api drain'])
  })

  it('is told to whoever is there', async () => {
    const { parent, workers } = joinedBuses(2)
    const orders = new StandingOrders()
    orders.note({ order: 'drain', pool: 'web', member })
    const heard: MemberOrder[] = []
    workers[1]?.subscribe(memberTopic, (order) => (heard.push(order), {}))
    orders.tell(parent)
    await expect.poll(() => heard).toEqual([{ order: 'drain', pool: 'web', member }])
  })
})
