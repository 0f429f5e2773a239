/** What a TLS client says first, octet by octet. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { connect, type ConnectionOptions } from 'node:tls'

/** One record, as node's client sends it. */
export const clientHello = async (options: ConnectionOptions): Promise<Buffer> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ...options })
  client.on('error', () => undefined)
  const [socket] = (await once(server, 'connection')) as [Socket]
  const [octets] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  server.close()
  return octets
}

/** The same message in records of so many octets (RFC 8446 §5.1). */
export const inRecordsOf = (bytes: number, record: Buffer): Buffer => {
  const records: Buffer[] = []
  for (let at = 5; at < record.length; at += bytes) {
    const fragment = record.subarray(at, at + bytes)
    records.push(Buffer.from([22, 3, 1, 0, fragment.length]), fragment)
  }
  return Buffer.concat(records)
}
