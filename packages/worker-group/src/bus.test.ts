import { recordingLog } from '@roundtrip/http/testing'
import { expect, it } from 'vitest'
import { BusHub } from './bus-hub.ts'
import { BusLink } from './bus-link.ts'
import { topic } from './worker-bus.ts'

const question = topic<string, string>('test.question')
const silence = (): Promise<string> => new Promise(() => undefined)

/** A parent with workers, their channels replaced by structured clones. */
const start = (workers: number) => {
  const log = recordingLog()
  const hub = new BusHub(log)
  const links = Array.from({ length: workers }, () => {
    const link: BusLink = new BusLink(log, (message) => hub.hear(member, structuredClone(message)))
    const member = { send: (message: Parameters<BusLink['hear']>[0]) => link.hear(structuredClone(message)) }
    hub.join(member)
    return { link, member }
  })
  return { hub, links, lines: log.lines }
}

it('gathers the replies of all processes, whoever asks', async () => {
  const { hub, links } = start(3)
  links.forEach(({ link }, index) => void link.subscribe(question, (text) => `${text} ${index}`))
  const expected = ['who 0', 'who 1', 'who 2']
  expect((await hub.request(question, 'who')).toSorted()).toEqual(expected)
  for (const { link } of links) expect((await link.request(question, 'who')).toSorted()).toEqual(expected)
  hub.subscribe(question, () => 'parent')
  expect((await links[1]?.link.request(question, 'who'))?.toSorted()).toEqual(['parent', ...expected])
})

it('asks the parent alone, where that knows for all', async () => {
  const { hub, links } = start(2)
  const asked: string[] = []
  links.forEach(({ link }, index) => void link.subscribe(question, () => String(asked.push(`worker ${index}`))))
  expect(await links[0]?.link.request(question, 'x', { whom: 'parent' })).toEqual([])
  hub.subscribe(question, (text) => `parent ${text}`)
  expect(await links[0]?.link.request(question, 'x', { whom: 'parent' })).toEqual(['parent x'])
  expect(await hub.request(question, 'y', { whom: 'parent' })).toEqual(['parent y'])
  expect(asked).toEqual([])
})

it('tells every process once, the sender included', async () => {
  const { hub, links } = start(2)
  const heard: string[] = []
  links.forEach(({ link }, index) => void link.subscribe(question, (text) => String(heard.push(`${index} ${text}`))))
  hub.subscribe(question, (text) => String(heard.push(`parent ${text}`)))
  links[0]?.link.publish(question, 'a')
  hub.publish(question, 'b')
  expect(heard.toSorted()).toEqual(['0 a', '0 b', '1 a', '1 b', 'parent a', 'parent b'])
})

it('does without those who fail, say nothing in time, have not subscribed, or die', async () => {
  const { hub, links, lines } = start(4)
  const [good, failing, slow] = links.map(({ link }) => link)
  good?.subscribe(question, () => 'good')
  failing?.subscribe(question, () => Promise.reject(new Error('no')))
  slow?.subscribe(question, silence)
  expect(await hub.request(question, 'x', { timeoutMs: 5 })).toEqual(['good'])
  expect(await good?.request(question, 'x', { timeoutMs: 5 })).toEqual(['good'])
  expect(lines.every(({ level, facts }) => level === 'error' && facts['topic'] === 'test.question')).toBe(true)
  const asked = hub.request(question, 'x', { timeoutMs: 2 ** 30 })
  const dying = links[2]?.member
  if (dying !== undefined) hub.leave(dying)
  expect(await asked).toEqual(['good'])
})
