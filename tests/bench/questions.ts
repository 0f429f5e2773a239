/** What load generators ask over HTTP/1.1, as octets: made while the load runs, so as cheaply as can be. */
import { randomUUID } from 'node:crypto'

/** The next one. */
export type Questions = () => Buffer

const get = (path: string, host: string, more = ''): Buffer =>
  Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`)

/** What the tier in front of the app adds to each request. */
const fromTheTierBefore =
  'X-Request-Id: 0198b1de-7c1a-7c3b-9c5d-2f5e8a1b3c4d\r\n' +
  'Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r\n'

/** One product after the other, again from the first after the last. */
const products = (host: string, first: number, count: number): Questions => {
  let next = 0
  return () => get(`/api/products/${first + (next++ % count)}`, host, fromTheTierBefore)
}

/** Each under a key of its own, of one piece of any product: hardly two at a time meet at one. */
const orders = (host: string, count: number): Questions => {
  return () => {
    const productId = 1 + Math.floor(Math.random() * count)
    const lines = [{ productId, quantity: 1 }]
    const body = JSON.stringify({ name: 'Load Test', email: 'load@example.com', lines })
    return Buffer.from(
      `POST /api/orders HTTP/1.1\r\nHost: ${host}\r\n${fromTheTierBefore}Content-Type: application/json\r\n` +
        `Idempotency-Key: ${randomUUID()}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
  }
}

/**
 * @param what `same` asks for the path of the URL, `products:FIRST:COUNT` for products by number, `orders:COUNT` places
 *   orders for the first so many products
 * @throws TypeError for anything else
 */
export const questionsFor = ({ host, pathname }: URL, what: string): Questions => {
  const [kind, ...numbers] = what.split(':')
  const [first = 1, count = first] = numbers.map(Number)
  if (kind === 'same') {
    const question = get(pathname, host)
    return () => question
  }
  if (kind === 'products') return products(host, first, count)
  if (kind === 'orders') return orders(host, count)
  throw new TypeError(`nobody knows the questions ${JSON.stringify(what)}`)
}
