/** From octets to octets: how the listeners see the pipeline. */
import { Passage } from '@roundtrip/pipeline'
import { DnsRequest, type Client, type DnsHandler, type Log } from '../dns-request.ts'

/** Undefined when there is to be no answer. Never rejects. */
export type Answer = (bytes: Uint8Array, transport: 'udp' | 'tcp', client: Client) => Promise<Uint8Array | undefined>

export const answerWith =
  (handler: DnsHandler, log: Log): Answer =>
  async (bytes, transport, client) => {
    try {
      const response = await handler(new DnsRequest(bytes), { transport, client, log, passage: new Passage() })
      return response?.bytes
    } catch (error) {
      // The pipeline has its own layer for errors; what fails outside of that one must not end the process.
      log.error({ error, client: client.address, transport }, 'the DNS pipeline failed')
      return undefined
    }
  }
