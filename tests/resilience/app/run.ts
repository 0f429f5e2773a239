/** One run: a stack, its visitors and its nemesis, and the history that they leave. */
import { startStack, type Stack } from '@roundtrip/stack'
import { staffTokenOf } from '../../helpers/staff-token.ts'
import { DatabaseNodes } from './database-nodes.ts'
import { databaseFaults, tierFaults } from './faults.ts'
import { Recorder, type History } from './history.ts'
import { strike, type Struck } from './nemesis.ts'
import { Random } from './random.ts'
import { fillShelf, goodsOn, lookBack, type Shelf } from './shelf.ts'
import { Shopper } from './shopper.ts'
import { Visitor, type Memory } from './visitor.ts'

export interface RunOptions {
  readonly seed: number
  readonly seconds: number
  readonly sessions: number
}

export interface Run {
  readonly history: History
  readonly struck: readonly Struck[]
}

/** Who has no session reads what is stored on the way. */
const strangers = 2

/** So many that the last ones are fought for while the run lasts. */
const scarcePieces = 200

const shoppersFor = (
  stack: Stack,
  shelf: Shelf,
  recorder: Recorder,
  staff: Readonly<Record<string, string>>,
  { seed, sessions }: RunOptions,
  clock: () => number,
): Shopper[] =>
  Array.from({ length: sessions + strangers }, (_, number) => {
    const random = new Random(seed + 1 + number)
    const memory: Memory | undefined = number >= sessions ? undefined : number % 2 === 0 ? 'cookies' : 'position'
    const session = memory === undefined ? undefined : `s${number}`
    const visitor = new Visitor(stack, memory, random)
    return new Shopper({ session, visitor, shelf, recorder, random, clock, staff })
  })

/** Until the shop takes orders again: what was begun comes to its end then. */
const untilWhole = async (recorder: Recorder): Promise<void> => {
  const { length } = recorder.operations
  const isWhole = (): boolean =>
    recorder.operations.slice(length).some(({ kind, outcome }) => kind === 'order' && outcome === 'ok')
  while (!isWhole()) await new Promise((resolve) => void setTimeout(resolve, 50))
}

const carryOut = async (stack: Stack, options: RunOptions): Promise<Run> => {
  const { seed, seconds } = options
  const nodes = new DatabaseNodes(stack)
  const shelf = await fillShelf(await nodes.access(), scarcePieces)
  const recorder = new Recorder()
  const staff = { authorization: `Bearer ${await staffTokenOf(stack.data)}` }
  const random = new Random(seed)
  const began = performance.now()
  const clock = (): number => performance.now() - began
  let isRunning = true
  const shopping = shoppersFor(stack, shelf, recorder, staff, options, clock).map((shopper) =>
    shopper.shop(() => isRunning),
  )
  const struck = await Promise.all([
    strike(databaseFaults(stack, nodes, random), seconds * 1000, random, clock),
    strike(tierFaults(stack, random), seconds * 1000, new Random(seed + 1000), clock),
  ])
  await untilWhole(recorder)
  isRunning = false
  await Promise.all(shopping)
  const after = await lookBack(await nodes.access())
  return { history: { operations: recorder.inOrder(), before: goodsOn(shelf), after }, struck: struck.flat() }
}

export const run = async (options: RunOptions): Promise<Run> => {
  const stack = await startStack({ restart: false, control: false, seed: false })
  try {
    return await carryOut(stack, options)
  } finally {
    await stack.stop()
  }
}
