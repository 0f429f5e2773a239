/** Zone files, pipeline, listeners: the DNS server as a component. */
import { readFile } from 'node:fs/promises'
import { parseZone, type Zone } from '@roundtrip/dns-wire'
import { RoundtripError } from '@roundtrip/errors'
import type { Component, Surroundings } from '@roundtrip/service'
import type { DnsSettings } from './config.ts'
import { answerWith } from './listener/answer.ts'
import { openListeners } from './listener/open-listeners.ts'
import { dnsPipeline } from './pipeline.ts'

/** @throws RoundtripError `ZONE_INVALID`; what binding the port fails with, e.g. `EADDRINUSE` */
export const startDns = async ({ settings, log }: Surroundings<DnsSettings>): Promise<Component> => {
  const zones = await Promise.all(settings.zoneFiles.map(readZone))
  const answer = answerWith(dnsPipeline({ zones, random: Math.random }), log)
  const { udp, tcp } = await openListeners({ ...settings, answer, log })
  const { address, family, port } = tcp.address
  const authority = `${family === 'IPv6' ? `[${address}]` : address}:${port}`
  for (const { origin, soa, records } of zones) {
    log.info({ zone: origin, serial: soa.serial, records: records.length }, 'zone loaded')
  }
  return {
    listeners: { udp: `udp://${authority}`, tcp: `tcp://${authority}` },
    // Both sockets are bound and the zones are in memory: there is nobody else to ask.
    health: async () => ({ ready: true, checks: { udp: 'ok', tcp: 'ok', zones: String(zones.length) } }),
    drain: async () => {
      await Promise.all([udp.drain(), tcp.drain()])
    },
    close: async () => {
      await Promise.all([udp.close(), tcp.close()])
    },
  }
}

const readZone = async (file: string): Promise<Zone> => {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new RoundtripError('ZONE_INVALID', `The zone file ${file} cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  }
  return parseZone(text, { file })
}
