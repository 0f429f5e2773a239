/** One run: a stack, its visitors and its nemesis, and the history that they leave. */
import { setTimeout as sleep } from 'node:timers/promises'
import { startStack, type Stack } from '@roundtrip/stack'
import { staffTokenOf } from '../../helpers/staff-token.ts'
import { DatabaseNodes } from './database-nodes.ts'
import { databaseFaults, tierFaults } from './faults.ts'
import { Recorder, type History } from './history.ts'
import { strike, type Struck } from './nemesis.ts'
import { Random } from './random.ts'
import { fillShelf, goodsOn, lookBack } from './shelf.ts'
import { Shopper, type ShopperOptions } from './shopper.ts'
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

/** Longest time until the shop takes orders again when all is mended. */
const recoveryMs = 30_000

type Shopping = Pick<ShopperOptions, 'shelf' | 'recorder' | 'staff' | 'clock' | 'isAbandoned'>

const shoppersFor = (stack: Stack, { seed, sessions }: RunOptions, shopping: Shopping): Shopper[] =>
  Array.from({ length: sessions + strangers }, (_, number) => {
    const random = new Random(seed + 1 + number)
    const memory: Memory | undefined = number >= sessions ? undefined : number % 2 === 0 ? 'cookies' : 'position'
    const session = memory === undefined ? undefined : `s${number}`
    const visitor = new Visitor(stack, memory, random)
    return new Shopper({ ...shopping, session, visitor, random })
  })

/** Until the shop takes orders again: what was begun comes to its end then. */
const untilWhole = async (recorder: Recorder, clock: () => number): Promise<void> => {
  const { length } = recorder.operations
  const untilMs = clock() + recoveryMs
  const isWhole = (): boolean =>
    recorder.operations.slice(length).some(({ kind, outcome }) => kind === 'order' && outcome === 'ok')
  while (!isWhole()) {
    if (clock() > untilMs) throw new Error(`all is mended, and no order was taken within ${recoveryMs / 1000} s`)
    await sleep(50)
  }
}

const carryOut = async (stack: Stack, options: RunOptions): Promise<Run> => {
  const { seed, seconds } = options
  const nodes = new DatabaseNodes(stack)
  const shelf = await fillShelf(await nodes.access(), scarcePieces)
  const recorder = new Recorder()
  const staff = { authorization: `Bearer ${await staffTokenOf(stack.data)}` }
  const began = performance.now()
  const clock = (): number => performance.now() - began
  let state: 'open' | 'closing' | 'abandoned' = 'open'
  const isAbandoned = (): boolean => state === 'abandoned'
  const shoppers = shoppersFor(stack, options, { shelf, recorder, staff, clock, isAbandoned })
  const shopping = Promise.all(shoppers.map((shopper) => shopper.shop(() => state === 'open')))
  // Of their own, so that what one does first changes nothing for the other.
  const [below, above] = [new Random(seed + 1000), new Random(seed + 2000)]
  let struck: Struck[][]
  try {
    struck = await Promise.all([
      strike(databaseFaults(stack, nodes, below), seconds * 1000, below, clock),
      strike(tierFaults(stack, above), seconds * 1000, above, clock),
    ])
    await untilWhole(recorder, clock)
    state = 'closing'
  } catch (error) {
    state = 'abandoned'
    throw error
  } finally {
    await shopping
  }
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
