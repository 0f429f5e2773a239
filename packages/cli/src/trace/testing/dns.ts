/** A DNS server that answers what a test wants. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { decodeMessage, encodeMessage, type Rcode, type ResourceRecord } from '@roundtrip/dns-wire'
import { onTestFinished } from 'vitest'
import { host } from './pki.ts'

export interface DnsAnswer {
  readonly rcode?: Rcode
  readonly records?: readonly ResourceRecord[]
}

export interface TestDns {
  readonly host: string
  readonly port: number
  /** `A shop.test.`, one for each query. */
  readonly queries: string[]
}

/** Answers by type and name; `undefined` keeps silent. */
export const startDns = async (reply: (type: string, name: string) => DnsAnswer | undefined): Promise<TestDns> => {
  const socket: UdpSocket = createSocket('udp4')
  const queries: string[] = []
  socket.on('message', (bytes, from) => {
    const query = decodeMessage(bytes)
    const [question] = query.questions
    if (question === undefined) return
    queries.push(`${question.type} ${question.name.toLowerCase()}`)
    const found = reply(question.type, question.name.toLowerCase())
    if (found === undefined) return
    const { rcode = 'NOERROR', records = [] } = found
    // The case of the question is echoed, since the client checks it (draft-vixie-dnsext-dns0x20).
    const answers = records.map((record) =>
      record.name === question.name.toLowerCase() ? { ...record, name: question.name } : record,
    )
    socket.send(
      encodeMessage({ ...query, isResponse: true, authoritative: true, rcode, answers }),
      from.port,
      from.address,
    )
  })
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => void socket.close())
  return { host: '127.0.0.1', port: socket.address().port, queries }
}

export const record = (name: string, data: Partial<ResourceRecord>, ttlSeconds = 30): ResourceRecord =>
  ({ name, class: 'IN', ttlSeconds, ...data }) as ResourceRecord

/** The usual zone: `shop.test` at 127.0.0.1. */
export const shopZone = (type: string, name: string): DnsAnswer =>
  name !== `${host}.`
    ? { rcode: 'NXDOMAIN' }
    : { records: type === 'A' ? [record(name, { type: 'A', address: '127.0.0.1' })] : [] }
