/** One session: reads, changes and orders in random order, one after the other, and writes down what it is told. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reply } from '../../helpers/client.ts'
import type { Line, Operation, Outcome, Recorder, Seen } from './history.ts'
import type { Random } from './random.ts'
import { textPattern, type Goods, type Shelf } from './shelf.ts'
import type { Visitor } from './visitor.ts'

export interface ShopperOptions {
  /** Undefined for one who is somebody else each time, and only reads. */
  readonly session: string | undefined
  readonly visitor: Visitor
  readonly shelf: Shelf
  readonly recorder: Recorder
  readonly random: Random
  /** Milliseconds since the run began. */
  readonly clock: () => number
  /** Sent with changes of products. */
  readonly staff: Readonly<Record<string, string>>
  /** The run has failed: no answer is to be waited for any more. */
  readonly isAbandoned: () => boolean
}

interface Answer {
  /** Undefined when there was none. */
  readonly reply: Reply | undefined
  readonly told: string
  readonly code: string | undefined
}

interface ApiProduct {
  readonly id: number
  readonly version: number
  readonly stock: number
  readonly description: string
}

interface ApiOrder {
  readonly id: string
  readonly name: string
  readonly lines: readonly Line[]
}

/** Codes that promise that nothing was done (packages/errors). */
const nothingDone = new Set([
  'OUT_OF_STOCK',
  'PRECONDITION_FAILED',
  'DATABASE_UNAVAILABLE',
  'DATABASE_BUSY',
  'OVERLOADED',
  'RATE_LIMITED',
  'NO_HEALTHY_UPSTREAM',
  'AUTH_UNAVAILABLE',
  'IDEMPOTENCY_KEY_IN_FLIGHT',
])

/** An answer to the question, however often it is asked again. */
const isFinal = ({ reply, code }: Answer): boolean => reply?.status === 201 || code === 'OUT_OF_STOCK'

const retryPauseMs = 50

/** Longest pause between two questions, as a client has that does something with the answer. */
const thinkingMs = 20

const codeIn = ({ headers, text }: Reply): string | undefined => {
  if (!String(headers['content-type']).includes('json')) return undefined
  try {
    return (JSON.parse(text) as { code?: string }).code
  } catch {
    return undefined
  }
}

const seenOf = ({ version, stock, description: text }: ApiProduct): Seen => ({ version, stock, text })

export class Shopper {
  readonly #options: ShopperOptions
  readonly #own: { readonly orderId: string; readonly key: string; readonly lines: readonly Line[] }[] = []
  #count = 0

  constructor(options: ShopperOptions) {
    this.#options = options
  }

  /** @param isRunning asked before each operation; an order that was begun is brought to its end */
  async shop(isRunning: () => boolean): Promise<void> {
    while (isRunning()) {
      await this.#step()
      await sleep(this.#options.random.between(0, thinkingMs))
    }
    await this.#options.visitor.close()
  }

  async #step(): Promise<void> {
    const { session, random, shelf } = this.#options
    const chance = random.next()
    if (session === undefined || chance >= 0.4) return this.#look(random.next())
    if (chance < 0.25) return this.#order()
    return this.#change(random.pick(shelf.changed))
  }

  async #look(chance: number): Promise<void> {
    const { random, shelf } = this.#options
    if (chance < 0.25 && this.#own.length > 0) return this.#readOrder()
    if (chance < 0.4) return this.#readList()
    if (chance < 0.6) return this.#readPage(random.pick(shelf.changed))
    await this.#readProduct(random.pick([...shelf.bought, ...shelf.changed]))
  }

  /** Under one key until there is an answer. */
  async #order(): Promise<void> {
    const { session = '', random, shelf, isAbandoned } = this.#options
    const key = `${session}-${(this.#count += 1)}`
    const goods = random.shuffled(shelf.bought).slice(0, random.between(1, 2))
    const lines = goods.map(({ id }) => ({ productId: id, quantity: random.between(1, 2) }))
    for (;;) {
      const tell = this.#begin()
      const answer = await this.#ask('/api/orders', {
        method: 'POST',
        headers: { 'idempotency-key': key },
        json: { name: key, email: `${key}@example.com`, lines },
      })
      if (answer.reply?.status === 201) {
        const order = this.#orderIn(answer.reply, key, lines)
        if (order === undefined) return tell(answer, 'ok', { kind: 'garbled', ...garbled(key, answer) })
        this.#own.push({ orderId: order.id, key, lines })
        return tell(answer, 'ok', { kind: 'order', key, lines, orderId: order.id })
      }
      tell(answer, outcomeOf(answer), { kind: 'order', key, lines })
      if (isFinal(answer) || isAbandoned()) return
      await sleep(retryPauseMs * (1 + random.next()))
    }
  }

  async #change(goods: Goods): Promise<void> {
    const { session = '', staff } = this.#options
    const current = await this.#readProduct(goods)
    if (current === undefined) return
    const text = `w-${session}-${(this.#count += 1)}`
    const tell = this.#begin()
    const answer = await this.#ask(`/api/products/${goods.id}`, {
      method: 'PATCH',
      headers: {
        ...staff,
        'content-type': 'application/merge-patch+json',
        'if-match': `"${goods.id}-${current.version}"`,
      },
      body: JSON.stringify({ description: text }),
    })
    const change = { kind: 'change' as const, productId: goods.id, base: current.version, text }
    tell(answer, answer.reply?.status === 200 ? 'ok' : outcomeOf(answer), change)
  }

  async #readProduct({ id: productId }: Goods): Promise<ApiProduct | undefined> {
    const tell = this.#begin()
    const answer = await this.#ask(`/api/products/${productId}`)
    if (!isThere(answer)) {
      tell(answer, 'failed', { kind: 'read product', via: 'api', productId })
      return undefined
    }
    const product = jsonOf<ApiProduct>(answer.reply)
    if (product?.id !== productId || typeof product.version !== 'number') {
      tell(answer, 'ok', { kind: 'garbled', ...garbled(`product ${productId}`, answer) })
      return undefined
    }
    tell(answer, 'ok', { kind: 'read product', via: 'api', productId, seen: seenOf(product) })
    return product
  }

  async #readList(): Promise<void> {
    const { shelf } = this.#options
    const goods = [...shelf.bought, ...shelf.changed]
    const [first, ...others] = goods.map(() => this.#begin())
    const answer = await this.#ask('/api/products?limit=50')
    const products = jsonOf<{ products?: ApiProduct[] }>(isThere(answer) ? answer.reply : undefined)?.products
    const isWhole = products !== undefined && goods.every(({ id }) => products.some((product) => product.id === id))
    if (isThere(answer) && !isWhole) return first?.(answer, 'ok', { kind: 'garbled', ...garbled('list', answer) })
    for (const [index, tell] of [first, ...others].entries()) {
      const product = products?.find(({ id }) => id === goods[index]?.id)
      const reading = { kind: 'read product' as const, via: 'list' as const, productId: goods[index]?.id ?? 0 }
      if (product === undefined) tell?.(answer, 'failed', reading)
      else tell?.(answer, 'ok', { ...reading, seen: seenOf(product) })
    }
  }

  async #readPage({ id: productId, slug }: Goods): Promise<void> {
    const tell = this.#begin()
    const answer = await this.#ask(`/products/${slug}`)
    if (!isThere(answer)) return tell(answer, 'failed', { kind: 'read product', via: 'page', productId })
    const text = textPattern.exec(answer.reply.text)?.[0]
    const isWhole = text !== undefined && answer.reply.text.trimEnd().endsWith('</html>')
    if (!isWhole) return tell(answer, 'ok', { kind: 'garbled', ...garbled(slug, answer) })
    tell(answer, 'ok', { kind: 'read product', via: 'page', productId, seen: { text } })
  }

  async #readOrder(): Promise<void> {
    const { random } = this.#options
    const { orderId, key, lines } = random.pick(this.#own.slice(-5))
    const via = random.pick(['api', 'page'] as const)
    const tell = this.#begin()
    const answer = await this.#ask(via === 'api' ? `/api/orders/${orderId}` : `/orders/${orderId}`)
    const reading = { kind: 'read order' as const, via, orderId, key }
    if (answer.reply?.status === 404) return tell(answer, 'ok', { ...reading, isFound: false })
    if (!isThere(answer)) return tell(answer, 'failed', reading)
    const isRight =
      via === 'page' ? answer.reply.text.includes(orderId) : this.#orderIn(answer.reply, key, lines)?.id === orderId
    if (!isRight) return tell(answer, 'ok', { kind: 'garbled', ...garbled(orderId, answer) })
    tell(answer, 'ok', { ...reading, isFound: true })
  }

  /** Undefined when it is not the one that was asked for. */
  #orderIn(reply: Reply, key: string, lines: readonly Line[]): ApiOrder | undefined {
    const order = jsonOf<ApiOrder>(reply)
    const isRight =
      order?.name === key &&
      order.lines?.length === lines.length &&
      lines.every(({ productId, quantity }) =>
        order.lines.some((line) => line.productId === productId && line.quantity === quantity),
      )
    return isRight ? order : undefined
  }

  /** @returns how to tell the answer to what is asked now */
  #begin() {
    const { session, recorder, clock } = this.#options
    const record = recorder.ask()
    const askedMs = clock()
    return (answer: Answer, outcome: Outcome, rest: WhatIsSpecial): void => {
      const { told } = answer
      record({ ...rest, session, askedMs, answeredMs: clock(), outcome, told })
    }
  }

  async #ask(path: string, ask: Parameters<Visitor['ask']>[1] = {}): Promise<Answer> {
    try {
      const reply = await this.#options.visitor.ask(path, ask)
      const code = codeIn(reply)
      return { reply, code, told: code === undefined ? String(reply.status) : `${reply.status} ${code}` }
    } catch (error) {
      const { name, code = name } = error as NodeJS.ErrnoException
      return { reply: undefined, code: undefined, told: code }
    }
  }
}

type Special<T> = T extends Operation
  ? Omit<T, 'index' | 'session' | 'askedMs' | 'answeredMs' | 'outcome' | 'told'>
  : never
type WhatIsSpecial = Special<Operation>

const outcomeOf = ({ code }: Answer): Outcome => (code !== undefined && nothingDone.has(code) ? 'failed' : 'unknown')

const isThere = (answer: Answer): answer is Answer & { reply: Reply } => answer.reply?.status === 200

const jsonOf = <T>(reply: Reply | undefined): T | undefined => {
  try {
    return reply?.json<T>()
  } catch {
    return undefined
  }
}

const garbled = (asked: string, { reply }: Answer) => ({ asked, answer: `${reply?.status} ${reply?.text ?? ''}` })
