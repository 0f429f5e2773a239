import { recordingLog } from '@roundtrip/http/testing'
import { expect, it } from 'vitest'
import { joinGroup, type InheritedSocket } from './join-group.ts'
import type { ToParent, ToWorker } from './messages.ts'
import { processFiguresTopic } from './topics.ts'

const start = async () => {
  const said: ToParent[] = []
  const listeners: ((message: unknown) => void)[] = []
  const tell = (message: ToWorker): void => listeners[0]?.(message)
  const channel = {
    on: (_event: 'message', listener: (message: unknown) => void) => listeners.push(listener),
    send: (message: ToParent) => said.push(message),
  }
  const joining = joinGroup(channel, recordingLog())
  expect(said).toEqual([{ type: 'hello' }])
  tell({
    type: 'assignment',
    slot: 2,
    sockets: {
      https: [
        [4, 14],
        [5, 15],
      ],
      http: [
        [6, 16],
        [7, 17],
      ],
    },
    briefing: { keys: 7 },
  })
  const membership = await joining
  return { membership, said, tell }
}

it('a worker takes its own sockets, and knows what all are told', async () => {
  const { membership } = await start()
  expect(membership.slot).toBe(2)
  expect(membership.socketOf('https')).toEqual({ fd: 5 })
  expect(membership.socketOf('http')).toEqual({ fd: 7 })
  expect(membership.briefing).toEqual({ keys: 7 })
})

/** Takes connections from the sockets that it is given, in order, and gives them back. */
const startCovering = async () => {
  const { membership, tell } = await start()
  const taken: InheritedSocket[] = []
  const givenBack: InheritedSocket[] = []
  const accept = async (source: InheritedSocket): Promise<() => void> => {
    taken.push(source)
    return () => void givenBack.push(source)
  }
  membership.onCover('https', accept)
  membership.onCover('http', accept)
  return { tell, taken, givenBack }
}

it('takes those of a lost one too, and gives them back', async () => {
  const { tell, taken, givenBack } = await startCovering()
  tell({ type: 'cover', slot: 1 })
  tell({ type: 'cover', slot: 1 })
  expect(taken).toEqual([{ fd: 4 }, { fd: 6 }])
  tell({ type: 'uncover', slot: 1 })
  await expect.poll(() => givenBack).toEqual([{ fd: 4 }, { fd: 6 }])
})

it('takes them each time, and in the end, when it could not take them once more, keeps on', async () => {
  const { tell, taken, givenBack } = await startCovering()
  for (let times = 1; times <= 3; times++) {
    tell({ type: 'cover', slot: 1 })
    tell({ type: 'uncover', slot: 1 })
  }
  await expect.poll(() => givenBack).toEqual([{ fd: 4 }, { fd: 6 }])
  expect(taken).toEqual([{ fd: 4 }, { fd: 6 }, { fd: 14 }, { fd: 16 }])
})

it('answers for itself', async () => {
  const { said, tell } = await start()
  tell({ type: 'deliver', id: 1, topic: processFiguresTopic.name, payload: null })
  await expect
    .poll(() => said.at(-1))
    .toMatchObject({
      type: 'reply',
      id: 1,
      reply: { value: { slot: 2, pid: process.pid, memoryBytes: expect.any(Number) } },
    })
})
