/**
 * Makes TLS connections one after another on several lanes and says how many. One counts when the server has closed it after
 * our close_notify: it has read our Finished then, so both sides are done. Nothing is asked on it.
 */
import { connect, type TLSSocket } from 'node:tls'

const [port = '0', lanes = '1', warmUpSeconds = '1', seconds = '1', kind = 'full'] = process.argv.slice(2)
let session: Buffer | undefined
let counting = false
let stopped = false
const counts = { handshakes: 0, resumed: 0, failures: 0 }

const open = (done: () => void): void => {
  const socket: TLSSocket = connect({
    host: '127.0.0.1',
    port: Number(port),
    rejectUnauthorized: false,
    ecdhCurve: 'X25519',
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['http/1.1'],
    ...(kind === 'resumed' && session !== undefined && { session }),
  })
  let failed = false
  let resumed = false
  socket.on('session', (ticket) => {
    session ??= ticket
  })
  socket.on('secureConnect', () => {
    resumed = socket.isSessionReused()
    socket.end()
  })
  socket.on('error', () => {
    failed = true
  })
  socket.resume()
  socket.on('close', () => {
    if (counting) {
      if (failed) counts.failures += 1
      else counts.handshakes += 1
      if (resumed) counts.resumed += 1
    }
    done()
  })
}

const lane = (): void => {
  if (!stopped) open(lane)
}

// The first one alone: the others need its ticket.
open(() => {
  for (let count = 0; count < Number(lanes); count += 1) lane()
})
setTimeout(() => (counting = true), Number(warmUpSeconds) * 1000)
setTimeout(
  () => {
    counting = false
    stopped = true
    process.stdout.write(JSON.stringify(counts), () => process.exit())
  },
  (Number(warmUpSeconds) + Number(seconds)) * 1000,
)
