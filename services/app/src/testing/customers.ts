/** For tests only: customers as they shop, signed in or not. */
import type { Cart, Order } from '@roundtrip/contracts'
import type { Database } from '@roundtrip/postgres'
import type { Role } from '../auth/account.ts'
import { insertToken, type Scope } from '../auth/token-store.ts'
import { addAccount } from './accounts.ts'

type Headers = Readonly<Record<string, string>>

/** Header fields of somebody with an account of their own. */
export const signedUp = async (
  database: Database,
  role: Role = 'customer',
  scopes: readonly Scope[] = ['shop'],
): Promise<Headers> => {
  const { id } = await addAccount(database, role)
  const asked = { name: 'for a test', scopes: [...scopes], expiresInSeconds: 600 }
  const { value } = await database.write((transaction) => insertToken(transaction, id, asked))
  return { authorization: `Bearer ${value.token}` }
}

export interface Answer {
  readonly status: number
  readonly headers: globalThis.Headers
  readonly text: string
}

/** Keeps cookies, as a browser does. */
export class Customer {
  readonly #url: string
  readonly #headers: Headers
  readonly cookies = new Map<string, string>()

  /** @param url of an instance; @param headers sent with each request */
  constructor(url: string, headers: Headers = {}) {
    this.#url = url
    this.#headers = headers
  }

  /** The same customer at another instance, or signed in. */
  elsewhere(url: string, headers: Headers = this.#headers): Customer {
    const customer = new Customer(url, headers)
    for (const [name, value] of this.cookies) customer.cookies.set(name, value)
    return customer
  }

  async ask(method: string, path: string, body?: object, headers: Headers = {}): Promise<Answer> {
    const isForm = body instanceof URLSearchParams
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(`${this.#url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
        ...(cookie !== '' && { cookie }),
        ...this.#headers,
        ...headers,
      },
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  async cart(): Promise<Cart> {
    return JSON.parse((await this.ask('GET', '/api/cart')).text) as Cart
  }

  put(productId: number, quantity: number, headers: Headers = {}): Promise<Answer> {
    return this.ask('PUT', `/api/cart/items/${productId}`, { quantity }, headers)
  }

  checkout(headers: Headers = {}): Promise<Answer> {
    return this.ask('POST', '/api/cart/checkout', { name: 'Alice', email: 'alice@example.com' }, headers)
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (/; Max-Age=0(?:;|$)/.test(line)) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}

/** Asks again while the answer is that it may pass soon: a machine with more to do than it can is not what is tested. */
export const patiently = async <T extends Pick<Answer, 'status' | 'headers'>>(ask: () => Promise<T>): Promise<T> => {
  for (;;) {
    const answer = await ask()
    // Without Retry-After nobody knows whether it was done.
    if (answer.status !== 503 || !answer.headers.has('retry-after')) return answer
  }
}

export const orderIn = ({ text }: Answer): Order => JSON.parse(text) as Order
