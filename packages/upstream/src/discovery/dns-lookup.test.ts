import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { decodeMessage, encodeMessage, parseName, type Message, type RecordData } from '@roundtrip/dns-wire'
import { describe, expect, it, onTestFinished } from 'vitest'
import { poolSettingsOf, type DnsSettings } from '../settings/pool-settings.ts'
import { dnsLookup } from './dns-lookup.ts'

type Answers = Partial<Record<string, { ttlSeconds: number; data: RecordData }[]>>

/** A resolver that knows these records by type. @returns `address:port` */
const startResolver = async (answers: Answers, rcode: Message['rcode'] = 'NOERROR'): Promise<string> => {
  const socket = createSocket('udp4')
  socket.on('message', (bytes, from: RemoteInfo) => {
    const asked = decodeMessage(bytes)
    const [question] = asked.questions
    const records = answers[question?.type ?? ''] ?? []
    const reply: Message = {
      ...asked,
      isResponse: true,
      rcode,
      answers: records.map(({ ttlSeconds, data }) => ({
        name: question?.name ?? parseName('.'),
        class: 'IN',
        ttlSeconds,
        ...data,
      })),
    }
    socket.send(encodeMessage(reply), from.port, from.address)
  })
  onTestFinished(() => void socket.close())
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return `127.0.0.1:${socket.address().port}`
}

const settings = (server: string, others: object = {}): DnsSettings =>
  poolSettingsOf({ dns: { name: 'app.roundtrip.test', port: 8080, server, ...others } }).dns as DnsSettings

const srv = (priority: number, weight: number, target: string) => ({
  ttlSeconds: 5,
  data: { type: 'SRV', priority, weight, port: 9000, target: parseName(target) } as const,
})

describe('dnsLookup', () => {
  it('finds addresses of both families, and the shortest time to live', async () => {
    const server = await startResolver({
      A: [
        { ttlSeconds: 30, data: { type: 'A', address: '192.0.2.1' } },
        { ttlSeconds: 20, data: { type: 'A', address: '192.0.2.2' } },
      ],
      AAAA: [{ ttlSeconds: 60, data: { type: 'AAAA', address: '2001:db8::1' } }],
    })
    expect(await dnsLookup(settings(server))).toEqual({
      endpoints: ['192.0.2.1', '192.0.2.2', '[2001:db8::1]'].map((host) => ({
        origin: `http://${host}:8080`,
        weight: 1,
      })),
      ttlMs: 20_000,
    })
  })

  it('takes port and weight of services from SRV, of the best priority only', async () => {
    const server = await startResolver({ SRV: [srv(10, 3, 'a.test'), srv(10, 0, 'b.test'), srv(20, 9, 'c.test')] })
    expect(await dnsLookup(settings(server, { type: 'SRV', scheme: 'https' }))).toEqual({
      endpoints: [
        { origin: 'https://a.test:9000', weight: 3 },
        { origin: 'https://b.test:9000', weight: 1 },
      ],
      ttlMs: 5000,
    })
  })

  it('finds nobody where SRV says that there is no such service (RFC 2782)', async () => {
    const none = await startResolver({ SRV: [{ ...srv(0, 0, '.'), ttlSeconds: 30 }] })
    expect(await dnsLookup(settings(none, { type: 'SRV' }))).toEqual({ endpoints: [], ttlMs: 30_000 })
    const some = await startResolver({ SRV: [srv(0, 0, '.'), srv(10, 1, 'a.test')] })
    expect(await dnsLookup(settings(some, { type: 'SRV' }))).toMatchObject({
      endpoints: [{ origin: 'http://a.test:9000', weight: 1 }],
    })
  })

  it('tells a name without addresses from a resolver that fails', async () => {
    expect(await dnsLookup(settings(await startResolver({}, 'NXDOMAIN')))).toMatchObject({ endpoints: [] })
    await expect(dnsLookup(settings(await startResolver({}, 'SERVFAIL')))).rejects.toMatchObject({
      code: 'NAME_LOOKUP_FAILED',
      message: expect.stringContaining('SERVFAIL'),
    })
  })
})
