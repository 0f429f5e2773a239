/** How the monitor acts on what nodes answer, on stand-ins and without waiting. */
import { expect, test } from 'vitest'
import { Monitor, nextSampleMs } from './monitor.ts'
import type { DatabaseNode } from './node.ts'
import type { Sample } from './sample.ts'
import { Topology } from './topology.ts'

const timeout = new Error('Query read timeout')
const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
const primary: Sample = { isReplica: false, position: '0', timeline: 1 }
const replica: Sample = { isReplica: true, position: '0', timeline: 0 }

/** Answers one after the other, the last one for ever; notes what is done to it. */
const nodeAnswering = (name: string, ...answers: (Sample | Error)[]) => {
  const done: string[] = []
  const stand = {
    name,
    sample: async () => {
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (answer === undefined || answer instanceof Error) throw answer ?? refused
      return answer
    },
    refuseWaiting: () => void done.push('refused'),
    renew: () => void done.push('renewed'),
  }
  return { node: stand as unknown as DatabaseNode, done }
}

const watching = (...nodes: DatabaseNode[]) => {
  const topology = new Topology(nodes, { clock: () => 0 })
  const told: string[] = []
  const tell = (_: object, message: string): void => void told.push(message)
  const log = { debug: () => {}, info: tell, warn: tell }
  const monitor = new Monitor({ nodes, topology, intervalMs: 250, log, random: () => 0, wait: never })
  return { topology, monitor, told }
}

const never = () => new Promise<never>(() => {})

test('is ready when everybody has answered or failed', async () => {
  const { topology, monitor } = watching(nodeAnswering('a', primary).node, nodeAnswering('b', refused).node)
  await monitor.ready()
  expect(topology.primary?.name).toBe('a')
})

test('an answer that came too late once is asked for again: it may have been this process that was slow', async () => {
  const { node, done } = nodeAnswering('a', primary, timeout, primary)
  const { topology, monitor } = watching(node)
  await monitor.ready()
  expect(await monitor.check(node)).toBe(true)
  expect([topology.primary, done]).toEqual([node, []])
})

test('a node that is gone sends away who waits for it, and is reported once', async () => {
  const { node, done } = nodeAnswering('a', primary, refused)
  const { topology, monitor, told } = watching(node)
  await monitor.ready()
  await monitor.check(node)
  await monitor.check(node)
  expect([topology.primary, done, told]).toEqual([undefined, ['refused'], ['database node unreachable']])
})

test('a replica that fails is out at once; the primary only when it does not answer', async () => {
  const [a, b] = [nodeAnswering('a', primary), nodeAnswering('b', replica)]
  const { topology, monitor } = watching(a.node, b.node)
  await monitor.ready()
  monitor.suspect(b.node, refused)
  monitor.suspect(a.node, refused)
  expect(topology.replicas).toEqual([])
  await monitor.checkAll()
  expect([topology.primary, topology.replicas]).toEqual([a.node, [b.node]])
})

test('the connection that asks may break: a replica may have restarted, a primary is asked again', async () => {
  const [a, b] = [nodeAnswering('a', primary), nodeAnswering('b', replica)]
  const { topology, monitor } = watching(a.node, b.node)
  await monitor.ready()
  monitor.connectionLost(a.node, refused)
  monitor.connectionLost(b.node, refused)
  expect([topology.primary, topology.replicas, a.done]).toEqual([a.node, [], []])
  await monitor.checkAll()
  expect(topology.replicas).toEqual([b.node])
})

test('the connections of a former primary are not used again', async () => {
  const [a, b] = [nodeAnswering('a', primary), nodeAnswering('b', replica, { ...primary, timeline: 2 })]
  const { topology, monitor } = watching(a.node, b.node)
  await monitor.ready()
  await monitor.check(b.node)
  expect([topology.primary, a.done, b.done]).toEqual([b.node, ['renewed'], []])
  expect(topology.standingOf(a.node).role).toBe('fenced')
})

test('silent servers are asked less often, up to once a second, spread by half', () => {
  expect([0, 1, 2, 9].map((failures) => nextSampleMs(250, failures, () => 0))).toEqual([250, 500, 1000, 1000])
  expect(nextSampleMs(250, 0, () => 1)).toBe(125)
})
