import { expect, it } from 'vitest'
import type { ListenSource } from '../listener/listener.ts'
import { recordingLog } from '../testing/test-edge.ts'
import { joinWorkers } from './join-workers.ts'
import type { ToParent, ToWorker } from './messages.ts'
import { processFiguresTopic } from './workplace.ts'

const start = async () => {
  const said: ToParent[] = []
  const listeners: ((message: unknown) => void)[] = []
  const tell = (message: ToWorker): void => listeners[0]?.(message)
  const channel = {
    on: (_event: 'message', listener: (message: unknown) => void) => listeners.push(listener),
    send: (message: ToParent) => said.push(message),
  }
  const joining = joinWorkers(channel, recordingLog().log)
  expect(said).toEqual([{ type: 'hello' }])
  const ticketKeys = Buffer.alloc(48, 7)
  tell({ type: 'assignment', slot: 2, sockets: { https: [4, 5], http: [6, 7] }, ticketKeys })
  const workplace = await joining
  return { workplace, said, tell, ticketKeys }
}

it('a worker takes its own sockets, and the keys that all have', async () => {
  const { workplace, ticketKeys } = await start()
  expect(workplace.source('https', 'ignored', 1)).toEqual({ fd: 5 })
  expect(workplace.source('http', 'ignored', 1)).toEqual({ fd: 7 })
  expect(workplace.ticketKeys).toEqual(ticketKeys)
})

it('takes those of a lost one too, once, and gives them back', async () => {
  const { workplace, tell } = await start()
  const taken: ListenSource[] = []
  const givenBack: ListenSource[] = []
  const accept = async (source: ListenSource): Promise<() => void> => {
    taken.push(source)
    return () => void givenBack.push(source)
  }
  workplace.onCover('https', accept)
  workplace.onCover('http', accept)
  tell({ type: 'cover', slot: 1 })
  expect(taken).toEqual([{ fd: 4 }, { fd: 6 }])
  tell({ type: 'uncover', slot: 1 })
  await expect.poll(() => givenBack).toEqual([{ fd: 4 }, { fd: 6 }])
  tell({ type: 'cover', slot: 1 })
  expect(taken).toHaveLength(2)
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
