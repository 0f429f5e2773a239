/**
 * The origin behind every contestant: answers GET from memory, straight on sockets, as it must be faster than what stands
 * before it. `/cached/…` may be stored, `/proxied/…` may not; `/count` says how many requests of both there were.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { bodyFor } from './bodies.ts'

const end = Buffer.from('\r\n\r\n')
let count = 0

const answer = (body: Buffer | string, cacheControl: string, contentType: string): Buffer =>
  Buffer.concat([
    Buffer.from(
      'HTTP/1.1 200 OK\r\n' +
        `Date: ${new Date().toUTCString()}\r\nContent-Type: ${contentType}\r\nContent-Length: ${body.length}\r\n` +
        `Cache-Control: ${cacheControl}\r\nETag: "${body.length}"\r\n\r\n`,
    ),
    Buffer.from(body),
  ])

/** Kept for a second, as the `Date` in them tells no more. */
const made = new Map<string, Buffer>()
setInterval(() => made.clear(), 1000).unref()

const answerTo = (path: string): Buffer => {
  if (path === '/count') return answer(String(count), 'no-store', 'text/plain')
  if (path === '/health') return answer('ok', 'no-store', 'text/plain')
  count += 1
  const known = made.get(path)
  if (known !== undefined) return known
  const cacheControl = path.startsWith('/cached/') ? 'public, max-age=3600, s-maxage=3600' : 'no-store'
  const fresh = answer(bodyFor(path), cacheControl, 'application/octet-stream')
  made.set(path, fresh)
  return fresh
}

const serve = (socket: Socket): void => {
  socket.setNoDelay(true)
  let held: Buffer = Buffer.alloc(0)
  socket.on('error', () => undefined)
  socket.on('data', (octets: Buffer) => {
    held = held.length === 0 ? octets : Buffer.concat([held, octets])
    for (let stop = held.indexOf(end); stop !== -1; stop = held.indexOf(end)) {
      const target = held.indexOf(' ') + 1
      socket.write(answerTo(held.toString('latin1', target, held.indexOf(' ', target))))
      held = held.subarray(stop + end.length)
    }
  })
}

const server = createServer(serve).listen(0, '127.0.0.1', 4096, () => {
  process.send?.((server.address() as AddressInfo).port)
})
process.once('disconnect', () => process.exit())
