import { recordingLog, type LogLine } from '@roundtrip/http/testing'
import { describe, expect, it } from 'vitest'
import type { ToWorker } from './messages.ts'
import { workerEndedTopic } from './topics.ts'
import { WorkerGroup } from './worker-group.ts'
import type { Exit, WorkerProcess } from './worker-process.ts'

/** A process that does what the test says. */
class FakeWorker implements WorkerProcess {
  readonly pid: number
  readonly slot: number
  readonly told: (ToWorker | string)[] = []
  readonly #ready = Promise.withResolvers<Readonly<Record<string, string>>>()
  readonly #exited = Promise.withResolvers<Exit>()
  readonly ready: WorkerProcess['ready'] = this.#ready.promise
  readonly exited: WorkerProcess['exited'] = this.#exited.promise
  onMessage: WorkerProcess['onMessage'] = () => undefined

  constructor(slot: number, pid: number) {
    this.slot = slot
    this.pid = pid
    this.ready.catch(() => undefined)
  }

  send(message: ToWorker): void {
    this.told.push(message)
  }

  signal(signal: string): void {
    this.told.push(signal)
  }

  becomeReady(): void {
    this.#ready.resolve({ https: 'https://127.0.0.1:8443' })
  }

  end(code = 0): void {
    this.#ready.reject(new Error('ended'))
    this.#exited.resolve({ code, signal: null })
  }
}

interface Running {
  readonly group: WorkerGroup
  readonly spawned: FakeWorker[]
  readonly delays: { afterMs: number; work: () => void }[]
  readonly lines: LogLine[]
  readonly at: { now: number }
}

const start = async (count: number): Promise<Running> => {
  const log = recordingLog()
  const spawned: FakeWorker[] = []
  const delays: Running['delays'] = []
  const at = { now: 0 }
  const group = new WorkerGroup({
    count,
    log,
    clock: () => at.now,
    spawn: (slot) => {
      const worker = new FakeWorker(slot, spawned.length + 1)
      spawned.push(worker)
      return worker
    },
    delay: (work, afterMs) => {
      delays.push({ work, afterMs })
      return () => undefined
    },
  })
  const started = group.start()
  for (const worker of spawned) worker.becomeReady()
  expect(await started).toEqual({ https: 'https://127.0.0.1:8443' })
  return { group, spawned, delays, lines: log.lines, at }
}

const nth = ({ spawned }: Running, number: number): FakeWorker => {
  const worker = spawned[number - 1]
  if (worker === undefined) throw new Error(`there is no worker ${number}`)
  return worker
}

/** Lets everything happen that waits for nothing else. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

describe('a worker that ends by itself', () => {
  it('is replaced at once; another one takes its connections meanwhile', async () => {
    const running = await start(2)
    nth(running, 2).end(1)
    await turn()
    expect(nth(running, 1).told).toEqual([{ type: 'cover', slot: 2 }])
    expect(running.delays.map(({ afterMs }) => afterMs)).toEqual([0])
    running.delays[0]?.work()
    expect(running.group.status()).toMatchObject([
      { slot: 1, state: 'ready', crashes: 0 },
      { slot: 2, state: 'starting', crashes: 1, pid: 3 },
    ])
    nth(running, 3).becomeReady()
    await turn()
    expect(nth(running, 1).told).toEqual([
      { type: 'cover', slot: 2 },
      { type: 'uncover', slot: 2 },
    ])
    expect(running.lines).toMatchObject([{ level: 'error', facts: { slot: 2, code: 1 } }])
  })

  it('has its connections taken by each of the others in turn', async () => {
    const running = await start(3)
    for (let times = 1; times <= 2; times++) {
      running.spawned.at(-1)?.end(1)
      await turn()
      running.delays.at(-1)?.work()
      running.spawned.at(-1)?.becomeReady()
      await turn()
    }
    const covered = [
      { type: 'cover', slot: 3 },
      { type: 'uncover', slot: 3 },
    ]
    expect([nth(running, 1).told, nth(running, 2).told]).toEqual([covered, covered])
  })

  it.each(['crashes', 'is replaced'])('leaves its connections to another one when who took them %s', async (how) => {
    const running = await start(3)
    nth(running, 3).end(1)
    await turn()
    expect(nth(running, 2).told).toEqual([{ type: 'cover', slot: 3 }])
    if (how === 'crashes') nth(running, 2).end(1)
    else {
      void running.group.replace(2)
      await turn()
      nth(running, 4).becomeReady()
    }
    await turn()
    const others = running.spawned.filter(({ pid }) => pid !== 2).flatMap(({ told }) => told)
    expect(others).toContainEqual({ type: 'cover', slot: 3 })
    nth(running, 2).end()
  })

  it('is told of in the parent', async () => {
    const running = await start(2)
    const ended: number[] = []
    running.group.bus.subscribe(workerEndedTopic, (pid) => void ended.push(pid))
    nth(running, 2).end(1)
    await turn()
    expect(ended).toEqual([2])
  })

  it('again and again is replaced ever later, until one lasts', async () => {
    const running = await start(1)
    const waits: (number | undefined)[] = []
    for (let times = 1; times <= 10; times++) {
      nth(running, times).end(1)
      await turn()
      waits.push(running.delays.at(-1)?.afterMs)
      running.delays.at(-1)?.work()
    }
    expect(waits).toEqual([0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
    nth(running, 11).becomeReady()
    await turn()
    running.at.now += 10_000
    nth(running, 11).end(1)
    await turn()
    expect(running.delays.at(-1)?.afterMs).toBe(0)
  })

  it('is not replaced while all are ending', async () => {
    const running = await start(2)
    const drained = running.group.drain()
    expect(running.spawned.map(({ told }) => told)).toEqual([['SIGTERM'], ['SIGTERM']])
    for (const worker of running.spawned) worker.end(0)
    await drained
    expect(running.delays).toEqual([])
  })
})

describe('recycling', () => {
  it('has the new one ready before the old one is told to end, one after the other', async () => {
    const running = await start(2)
    const recycled = running.group.recycle()
    await turn()
    expect(running.group.recycle()).toBe(recycled)
    expect(nth(running, 3).slot).toBe(1)
    expect(nth(running, 1).told).toEqual([])
    nth(running, 3).becomeReady()
    await turn()
    expect(nth(running, 1).told).toEqual(['SIGTERM'])
    expect(running.spawned).toHaveLength(3)
    nth(running, 1).end()
    await turn()
    nth(running, 4).becomeReady()
    await turn()
    nth(running, 2).end()
    await recycled
    expect(running.group.status()).toMatchObject([
      { pid: 3, crashes: 0 },
      { pid: 4, crashes: 0 },
    ])
    expect(running.delays).toEqual([])
  })

  it('leaves the old ones where they are when a new one does not become ready', async () => {
    const running = await start(2)
    const recycled = running.group.recycle()
    await turn()
    nth(running, 3).end(1)
    await expect(recycled).rejects.toThrow('ended')
    expect(running.group.status()).toMatchObject([
      { pid: 1, state: 'ready' },
      { pid: 2, state: 'ready' },
    ])
    expect(nth(running, 1).told).toEqual([])
  })

  it('and a crash of the old one meanwhile make one new worker, not two', async () => {
    const running = await start(1)
    const recycled = running.group.recycle()
    await turn()
    nth(running, 1).end(1)
    await turn()
    nth(running, 2).becomeReady()
    await recycled
    running.delays[0]?.work()
    expect(running.spawned).toHaveLength(2)
    expect(running.group.status()).toMatchObject([{ pid: 2, state: 'ready' }])
  })

  it('is given up when all are to end', async () => {
    const running = await start(1)
    const recycled = running.group.recycle()
    await turn()
    const drained = running.group.drain()
    nth(running, 1).end()
    nth(running, 2).becomeReady()
    await turn()
    expect(nth(running, 2).told).toEqual(['SIGTERM'])
    nth(running, 2).end()
    await recycled
    await drained
  })
})

describe('replacing one', () => {
  it('waits for its turn, and has only that one replaced', async () => {
    const running = await start(2)
    const both = [running.group.replace(2), running.group.replace(1)]
    await turn()
    expect(running.spawned.slice(2).map(({ slot }) => slot)).toEqual([2])
    nth(running, 3).becomeReady()
    await turn()
    expect(nth(running, 2).told).toEqual(['SIGTERM'])
    expect(running.spawned).toHaveLength(3)
    nth(running, 2).end()
    await turn()
    nth(running, 4).becomeReady()
    await turn()
    nth(running, 1).end()
    await Promise.all(both)
    expect(running.group.status()).toMatchObject([{ pid: 4 }, { pid: 3 }])
  })

  it('does nothing when that one has gone, and does not hold the next up when the new one fails', async () => {
    const running = await start(1)
    await running.group.replace(17)
    expect(running.spawned).toHaveLength(1)
    const failing = running.group.replace(1)
    await turn()
    nth(running, 2).end(1)
    await expect(failing).rejects.toThrow('ended')
    expect(running.group.status()).toMatchObject([{ pid: 1, state: 'ready' }])
    const again = running.group.replace(1)
    await turn()
    nth(running, 3).becomeReady()
    await turn()
    nth(running, 1).end()
    await again
    expect(running.group.status()).toMatchObject([{ pid: 3, state: 'ready' }])
  })
})

describe('the end', () => {
  it('is told to have gone wrong when a worker had to break off', async () => {
    const running = await start(2)
    const drained = running.group.drain()
    nth(running, 1).end(0)
    nth(running, 2).end(1)
    await expect(drained).rejects.toMatchObject({ code: 'WORKER_FAILED', message: expect.stringContaining('1 of 2') })
  })

  it('is good though one that was being made is cut off', async () => {
    const running = await start(2)
    nth(running, 2).end(1)
    await turn()
    running.delays[0]?.work()
    const drained = running.group.drain()
    expect(nth(running, 3).told).toEqual(['SIGTERM'])
    nth(running, 1).end(0)
    nth(running, 3).end(1)
    await drained
  })

  it('kills what is left', async () => {
    const running = await start(1)
    const closed = running.group.close()
    expect(nth(running, 1).told).toEqual(['SIGKILL'])
    nth(running, 1).end(1)
    await closed
  })
})
