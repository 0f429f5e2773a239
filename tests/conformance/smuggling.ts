/** Sends what could be read in two ways, and holds the edge to what the origin saw of it: nothing. */
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { startEdgeProcess, type EdgeProcess } from '../helpers/edge-process.ts'
import { startOrigin } from './origin.ts'
import { plainRequest, smugglingCases } from './smuggling-cases.ts'

/** Longest that the edge may leave a connection open after a refusal, in milliseconds. */
const patienceMs = 5000

/** Sends bytes as they are and returns all that comes back; ended by us when the edge does not close. */
const exchange = async ({ httpsPort, ca }: EdgeProcess, bytes: string): Promise<{ said: string; closed: boolean }> => {
  const socket = connect({ host: '127.0.0.1', port: httpsPort, ca, ALPNProtocols: ['http/1.1'] })
  let closed = true
  const patience = setTimeout(() => {
    closed = false
    socket.end()
    socket.destroySoon()
  }, patienceMs)
  socket.write(Buffer.from(bytes, 'latin1'))
  try {
    return { said: await text(socket), closed }
  } catch {
    // A connection that is reset is closed, too.
    return { said: '', closed }
  } finally {
    clearTimeout(patience)
  }
}

/** @returns the number of cases that were not refused */
export const runSmuggling = async (): Promise<number> => {
  const origin = await startOrigin()
  const edge = await startEdgeProcess({ upstreams: [origin.address] })
  let failures = 0
  try {
    const { said: plainly } = await exchange(edge, plainRequest)
    if (!plainly.startsWith('HTTP/1.1 200 ')) throw new Error(`a plain request was answered with ${plainly}`)
    for (const { name, bytes } of smugglingCases) {
      origin.seen.length = 0
      const { said, closed } = await exchange(edge, bytes)
      const [line = ''] = said.split('\r\n')
      const problems = [
        // Closed without a word is a refusal as well.
        ...(/^HTTP\/1\.1 (4\d\d|505|501) /.test(line) || (said === '' && closed)
          ? []
          : [`answered ${JSON.stringify(line)}`]),
        ...(closed ? [] : ['left the connection open']),
        ...(origin.seen.length === 0 ? [] : [`let through ${origin.seen.join(', ')}`]),
      ]
      if (problems.length === 0) continue
      failures += 1
      console.log(`${name}: ${problems.join('; ')}`)
    }
    console.log(`${smugglingCases.length - failures} of ${smugglingCases.length} refused, the origin saw none of those`)
    return failures
  } finally {
    await edge.stop()
    origin.close()
  }
}
