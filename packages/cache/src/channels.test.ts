import { expect, it } from 'vitest'
import { changeIn } from './channels.ts'

it('understands what other processes tell, and nothing else', () => {
  const change = { from: 'a', stamps: [['t', '0A']] }
  expect(changeIn(JSON.stringify(change))).toEqual(change)
  for (const other of ['', '{', 'null', '7', '{}', '{"from":"a"}', '{"from":"a","stamps":["t"]}', '{"stamps":[]}']) {
    expect(changeIn(other)).toBeUndefined()
  }
})
