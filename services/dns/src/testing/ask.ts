/** For tests: two zones, and a way to ask the pipeline about them without sockets. */
import {
  decodeMessage,
  emptyMessage,
  encodeMessage,
  formatRecord,
  parseName,
  parseZone,
  type Edns,
  type Message,
  type RecordType,
} from '@roundtrip/dns-wire'
import { Passage } from '@roundtrip/pipeline'
import { DnsRequest, type DnsContext, type DnsHandler } from '../dns-request.ts'
import { dnsPipeline } from '../pipeline.ts'

export const text = (octets: number): string => `"${'x'.repeat(octets)}"`

export const zone = parseZone(
  `$ORIGIN roundtrip.test.
$TTL 300
@ SOA ns1 hostmaster 7 1h 15m 2w 60
@ NS ns1
@ TXT "apex"
ns1 A 127.0.0.1
www 30 A 127.0.0.1
www 30 A 127.0.0.2
www 30 A 127.0.0.3
shop CNAME www
far CNAME www.elsewhere.example.
dead CNAME nowhere
circle CNAME circle2
circle2 CNAME circle
into CNAME host.sub
host.below A 127.0.0.4
*.wild A 127.0.0.5
*.wild TXT "wild"
real.wild A 127.0.0.6
*.alias CNAME www
sub NS ns.sub
sub NS ns.elsewhere.example.
sub DS \\# 4 00010203
ns.sub A 127.0.0.7
ns.sub AAAA ::7
big TXT ${text(255)} ${text(255)} ${text(255)} ${text(255)} ${text(255)}
fits TXT ${text(255)} ${text(255)} ${text(255)} ${text(255)} ${text(100)}
middle TXT ${text(255)} ${text(255)}
`,
  { file: 'test.zone' },
)
export const child = parseZone(
  '$ORIGIN child.roundtrip.test.\n@ 60 SOA ns host 1 1 1 1 1\n@ NS ns\nns A 127.0.0.9\nup CNAME www.roundtrip.test.\n',
  { file: 'child.zone' },
)

export interface Exchange {
  readonly handler?: DnsHandler
  readonly transport?: 'udp' | 'tcp'
  readonly logged?: object[]
}

export const send = async (bytes: Uint8Array, exchange: Exchange = {}): Promise<Message | undefined> => {
  const { handler = dnsPipeline({ zones: [zone, child], random: () => 0 }), transport = 'udp', logged = [] } = exchange
  const note = (facts: object): void => {
    logged.push(facts)
  }
  const context: DnsContext = {
    transport,
    client: { address: '192.0.2.1', port: 4711 },
    log: { debug: note, warn: note, error: note },
    passage: new Passage(),
  }
  const response = await handler(new DnsRequest(bytes), context)
  return response && decodeMessage(response.bytes)
}

export const edns = (udpPayloadBytes: number, version = 0): Edns => ({
  udpPayloadBytes,
  version,
  dnssecOk: true,
  options: [],
})

export const queryFor = (name: string, type: RecordType = 'A', changes: Partial<Message> = {}): Message => ({
  ...emptyMessage,
  id: 4242,
  recursionDesired: true,
  questions: [{ name: parseName(name), type, class: 'IN' }],
  ...changes,
})

export const ask = async (
  name: string,
  type: RecordType = 'A',
  changes: Partial<Message> = {},
  exchange: Exchange = {},
) => {
  const response = await send(encodeMessage(queryFor(name, type, changes)), exchange)
  if (response === undefined) throw new Error('no response')
  return {
    ...response,
    answers: response.answers.map(formatRecord),
    authorities: response.authorities.map(formatRecord),
    additionals: response.additionals.map(formatRecord),
  }
}

export const soa = 'roundtrip.test. 60 IN SOA ns1.roundtrip.test. hostmaster.roundtrip.test. 7 3600 900 1209600 60'
